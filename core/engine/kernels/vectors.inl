// Vectors of kLanes floats and what the loops do with them: reading weights of each type, sums across lanes, exp, and
// turning a square block. Included by kernels.inl.

namespace {

typedef float V __attribute__((vector_size(kLanes * 4)));
typedef int32_t VI __attribute__((vector_size(kLanes * 4)));

inline V load(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(V));
  return v;
}
inline void store(float* p, V v) { __builtin_memcpy(p, &v, sizeof(V)); }
inline V spread(float f) { return f - V{}; }  // f - 0 is f to the last bit, so one broadcast; f + 0 is not where f is -0

inline float sumLanes(V v) {
  float lane[kLanes];
  store(lane, v);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lane[i] += lane[i + width];
  }
  return lane[0];
}

template <int Type>
inline V widen(const unsigned char* p) {
  if constexpr (Type == core::kernels::kF32) {
    V v;
    __builtin_memcpy(&v, p, sizeof(V));
    return v;
  } else if constexpr (Type == core::kernels::kF16) {
    return widenHalf(p);
  } else {
    return widenBf16(p);
  }
}

// The last, incomplete vector of a row: zeros behind its end.
template <int Type>
inline V widenTail(const unsigned char* p, int count) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  unsigned char padded[kLanes * 4] = {};
  __builtin_memcpy(padded, p, static_cast<size_t>(count) * bytes);
  return widen<Type>(padded);
}

inline V loadTail(const float* p, int count) {
  return widenTail<core::kernels::kF32>(reinterpret_cast<const unsigned char*>(p), count);
}

inline V exponential(V x) {
  x = x > 88.f ? spread(88.f) : x;
  const VI vanishes = x < -87.f;
  x = x < -87.f ? spread(-87.f) : x;
  const V magic = spread(12582912.f);  // 1.5 * 2^23: adding it rounds to a whole number
  const V shifted = x * 1.44269504f + magic;
  const V n = shifted - magic;
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  V poly = spread(1.9875691500e-4f);
  poly = poly * r + 1.3981999507e-3f;
  poly = poly * r + 8.3334519073e-3f;
  poly = poly * r + 4.1665795894e-2f;
  poly = poly * r + 1.6666665459e-1f;
  poly = poly * r + 5.0000001201e-1f;
  poly = poly * r * r + r + 1.f;
  VI bits;
  __builtin_memcpy(&bits, &shifted, sizeof(V));
  VI result;
  __builtin_memcpy(&result, &poly, sizeof(V));
  result += bits << 23;
  result &= ~vanishes;
  V out;
  __builtin_memcpy(&out, &result, sizeof(V));
  return out;
}

// Four sums at once, in the order of sumLanes. x and y hold groups of M partial sums; the two halves of each group are
// added, which leaves groups of M / 2, those of x before those of y.
#ifdef __clang__  // as below
inline void sumLanesOfFour(V a, V b, V c, V d, float* y) {
  y[0] = sumLanes(a);
  y[1] = sumLanes(b);
  y[2] = sumLanes(c);
  y[3] = sumLanes(d);
}
#else
template <int M>
__attribute__((always_inline)) inline V addHalves(V x, V y) {
  VI low, high;
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    low[i] = i / (M / 2) * M + i % (M / 2);  // past kLanes: of y
    high[i] = low[i] + M / 2;
  }
  return __builtin_shuffle(x, y, low) + __builtin_shuffle(x, y, high);
}
__attribute__((always_inline)) inline void sumLanesOfFour(V a, V b, V c, V d, float* y) {
  const V ab = addHalves<kLanes>(a, b), cd = addHalves<kLanes>(c, d);
  V all = addHalves<kLanes / 2>(ab, cd);  // kLanes / 4 partial sums of each of the four
  if constexpr (kLanes >= 16) all = addHalves<4>(all, all);
  if constexpr (kLanes >= 8) all = addHalves<2>(all, all);
  __builtin_memcpy(y, &all, 16);
}
#endif

inline V silu(V x) { return x / (1.f + exponential(-x)); }

// Rows of a kLanes x kLanes block become its columns. Four rows at a time are turned within groups of four lanes, then
// the groups change places; only shuffles that need no index in a register, so that the block stays in registers.
#ifdef __clang__  // has no shuffle by variable; this compiler only builds the fuzz targets and runs the linter
inline void turn(V* row) {
  V old[kLanes];
  for (int i = 0; i < kLanes; ++i) old[i] = row[i];
  for (int i = 0; i < kLanes; ++i) {
    for (int j = 0; j < kLanes; ++j) row[i][j] = old[j][i];
  }
}
#else
// Of each four lanes the first (Half 0) or last two of a, and those of b: by turns, or pair behind pair.
template <int Half, bool Pairs>
__attribute__((always_inline)) inline V mingle(V a, V b) {
  VI from;
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    const int place = i % 4, offset = Pairs ? place % 2 : place / 2, second = Pairs ? place / 2 : place % 2;
    from[i] = i / 4 * 4 + 2 * Half + offset + second * kLanes;
  }
  return __builtin_shuffle(a, b, from);
}
// Groups of four lanes: every second one of a, then of b, from group First on.
template <int First>
__attribute__((always_inline)) inline V everySecond(V a, V b) {
  VI from;
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) from[i] = (2 * (i / 4) + First) * 4 + i % 4;
  return __builtin_shuffle(a, b, from);
}
__attribute__((always_inline)) inline void turn(V* row) {
  V part[kLanes];  // part[4g + j]: lane 4n + i holds element (4g + i, 4n + j)
#pragma GCC unroll 4
  for (int g = 0; g < kLanes; g += 4) {
    const V a = mingle<0, false>(row[g], row[g + 1]), b = mingle<1, false>(row[g], row[g + 1]);
    const V c = mingle<0, false>(row[g + 2], row[g + 3]), d = mingle<1, false>(row[g + 2], row[g + 3]);
    part[g] = mingle<0, true>(a, c);
    part[g + 1] = mingle<1, true>(a, c);
    part[g + 2] = mingle<0, true>(b, d);
    part[g + 3] = mingle<1, true>(b, d);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    if constexpr (kLanes == 4) {
      row[j] = part[j];
    } else if constexpr (kLanes == 8) {
      row[j] = everySecond<0>(part[j], part[4 + j]);
      row[4 + j] = everySecond<1>(part[j], part[4 + j]);
    } else {
      const V even = everySecond<0>(part[j], part[4 + j]), odd = everySecond<1>(part[j], part[4 + j]);
      const V evenMore = everySecond<0>(part[8 + j], part[12 + j]), oddMore = everySecond<1>(part[8 + j], part[12 + j]);
      row[j] = everySecond<0>(even, evenMore);
      row[4 + j] = everySecond<0>(odd, oddMore);
      row[8 + j] = everySecond<1>(even, evenMore);
      row[12 + j] = everySecond<1>(odd, oddMore);
    }
  }
}
#endif

}  // namespace
