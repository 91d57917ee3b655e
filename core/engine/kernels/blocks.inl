// Products with block-quantised weights (layouts: core/model/quant). Activations stay floats: what is multiplied are the
// dequantised weights, a group of 32 at a time in registers.
//
// For a single row of x, and up to a dozen, groups go from the packed bytes straight into the sums: few bytes are read
// and nothing is written. For many rows a piece of kPanel rows of W by kWideDepth is dequantised once into memory that the
// cache holds, and from there on it is a product of floats as in kernels.inl. Formats without a group function of their
// own are dequantised by Product::widen, in pieces of kWideDepth.
//
// A format has kElements and kBytes of a block, a Header that holds a block's scales as floats, and group(), which
// dequantises elements 32 g .. 32 g + 31 of a block into kVectors vectors.

typedef Bytes16 Bytes;
typedef unsigned char Places __attribute__((vector_size(16)));

constexpr int kSubBlock = 32;
constexpr int kWideDepth = 256;  // elements of a row that are dequantised at once; the longest block
constexpr int kVectors = kSubBlock / kLanes;
constexpr int kHalfVectors = kVectors / 2;

inline Places placesAt(const unsigned char* p) {
  Places bytes;
  __builtin_memcpy(&bytes, p, sizeof bytes);
  return bytes;
}
inline Bytes asBytes(Places places) {
  Bytes bytes;
  __builtin_memcpy(&bytes, &places, sizeof bytes);
  return bytes;
}
inline Bytes bytesAt(const unsigned char* p) { return asBytes(placesAt(p)); }

// table[places], places below 16
inline Bytes lookUp(Bytes table, Places places) {
#ifdef __clang__  // see turn()
  Bytes out;
  for (int i = 0; i < 16; ++i) out[i] = table[places[i]];
  return out;
#else
  return __builtin_shuffle(table, asBytes(places));
#endif
}

// w = scale * q (- minimum)
inline void scaled32(Bytes low, Bytes high, float scale, V* w) {
  widenBytes(low, w);
  widenBytes(high, w + kHalfVectors);
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) w[v] *= scale;
}
inline void scaled32(Bytes low, Bytes high, float scale, float minimum, V* w) {
  widenBytes(low, w);
  widenBytes(high, w + kHalfVectors);
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) w[v] = w[v] * scale - minimum;
}

struct Q80 {
  static constexpr int kElements = 32, kBytes = 34;
  struct Header {
    explicit Header(const unsigned char* block) : d(halfAt(block)) {}
    float d;
  };
  static void group(const unsigned char* block, const Header& h, int, V* w) {
    scaled32(bytesAt(block + 2), bytesAt(block + 18), h.d, w);
  }
};

struct Q40 {
  static constexpr int kElements = 32, kBytes = 18;
  using Header = Q80::Header;
  static void group(const unsigned char* block, const Header& h, int, V* w) {
    const Places both = placesAt(block + 2);
    scaled32(asBytes(both & 15) - 8, asBytes(both >> 4) - 8, h.d, w);
  }
};

struct Mxfp4 {
  static constexpr int kElements = 32, kBytes = 17;
  struct Header {
    explicit Header(const unsigned char* block) {  // half of 2^(e - 127): the values of the table are doubled
      const unsigned bits = *block < 2 ? 0x00200000u << *block : (*block - 1u) << 23;
      __builtin_memcpy(&d, &bits, sizeof d);
    }
    float d;
  };
  static void group(const unsigned char* block, const Header& h, int, V* w) {
    const Bytes values = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    const Places both = placesAt(block + 1);
    scaled32(lookUp(values, both & 15), lookUp(values, both >> 4), h.d, w);
  }
};

// Scales and minima of the eight groups, both six bits in twelve bytes.
struct ScalesAndMinima {
  explicit ScalesAndMinima(const unsigned char* block) {
    unsigned a, b, c;
    __builtin_memcpy(&a, block + 4, 4);
    __builtin_memcpy(&b, block + 8, 4);
    __builtin_memcpy(&c, block + 12, 4);
    const unsigned words[4] = {a & 0x3f3f3f3fu, (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u), b & 0x3f3f3f3fu,
                               (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u)};
    Bytes bytes;
    __builtin_memcpy(&bytes, words, sizeof bytes);
    V wide[2 * kHalfVectors];
    widenBytes(bytes, wide);
    for (int v = 0; v < kHalfVectors; ++v) store(value + v * kLanes, wide[v]);
    const float d = halfAt(block), dmin = halfAt(block + 2);
    for (int g = 0; g < 8; ++g) value[g] *= d;
    for (int g = 8; g < 16; ++g) value[g] *= dmin;
  }
  float scale(int g) const { return value[g]; }
  float minimum(int g) const { return value[g + 8]; }
  float value[16];
};

struct Q4K {
  static constexpr int kElements = 256, kBytes = 144;
  using Header = ScalesAndMinima;
  static void group(const unsigned char* block, const Header& h, int g, V* w) {
    const unsigned char* q = block + 16 + 32 * (g / 2);
    const int shift = 4 * (g % 2);
    scaled32(asBytes(placesAt(q) >> shift & 15), asBytes(placesAt(q + 16) >> shift & 15), h.scale(g), h.minimum(g), w);
  }
};

struct Q5K {
  static constexpr int kElements = 256, kBytes = 176;
  using Header = ScalesAndMinima;
  static Bytes five(const unsigned char* q, const unsigned char* fifth, int g) {
    return asBytes((placesAt(q) >> 4 * (g % 2) & 15) | ((placesAt(fifth) >> g & 1) << 4));
  }
  static void group(const unsigned char* block, const Header& h, int g, V* w) {
    const unsigned char* q = block + 48 + 32 * (g / 2);
    scaled32(five(q, block + 16, g), five(q + 16, block + 32, g), h.scale(g), h.minimum(g), w);
  }
};

struct Q6K {
  static constexpr int kElements = 256, kBytes = 210;
  struct Header {
    explicit Header(const unsigned char* block) {
      V wide[2 * kHalfVectors];
      widenBytes(bytesAt(block + 192), wide);
      const float d = halfAt(block + 208);
      for (int v = 0; v < kHalfVectors; ++v) store(scale + v * kLanes, wide[v] * d);
    }
    float scale[16];  // of 16 elements
  };
  static Bytes six(const unsigned char* q, const unsigned char* high, int g) {
    const Places low = placesAt(q) >> 4 * (g % 4 / 2) & 15;
    return asBytes(low | ((placesAt(high) >> 2 * (g % 4) & 3) << 4)) - 32;
  }
  static void group(const unsigned char* block, const Header& h, int g, V* w) {
    const unsigned char* q = block + 64 * (g / 4) + 32 * (g % 2);
    const unsigned char* high = block + 128 + 32 * (g / 4);
    widenBytes(six(q, high, g), w);
    widenBytes(six(q + 16, high + 16, g), w + kHalfVectors);
#pragma GCC unroll 4
    for (int v = 0; v < kHalfVectors; ++v) {
      w[v] *= h.scale[2 * g];
      w[v + kHalfVectors] *= h.scale[2 * g + 1];
    }
  }
};

// `depth` elements of a row from its element k on, both multiples of a block or of 256.
template <class F>
void widenRow(const core::kernels::Product&, const unsigned char* row, int k, int depth, float* to) {
  const unsigned char* block = row + static_cast<int64_t>(k / F::kElements) * F::kBytes;
  for (int e = 0; e < depth; e += F::kElements, block += F::kBytes) {
    const typename F::Header header(block);
#pragma GCC unroll 8
    for (int g = 0; g < F::kElements / kSubBlock; ++g) {
      V w[kVectors];
      F::group(block, header, g, w);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) store(to + e + g * kSubBlock + v * kLanes, w[v]);
    }
  }
}

// So many rows of W are fetched ahead of the one in use: several short streams side by side are nothing that a processor
// foresees. Past the end of W nothing is read; an address that is not there does no harm.
constexpr int kRowsAhead = 16;

inline void fetch(const unsigned char* from, int64_t bytes) {
  for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(from + b, 0, 2);
}

struct AnyFormat {};  // by Product::widen

template <>
void widenRow<AnyFormat>(const core::kernels::Product& p, const unsigned char* row, int k, int depth, float* to) {
  p.widen(row + static_cast<int64_t>(k / p.blockElements) * p.blockBytes, depth, to);
}

// O outputs against R rows of x, from the packed bytes.
template <class F, int R, int O>
void blockDots(const core::kernels::Product& p, const unsigned char* weight, int64_t rowBytes, const float* x, float* y) {
  V sum[O][R];
#pragma GCC unroll 4
  for (int o = 0; o < O; ++o) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) sum[o][r] = V{};
  }
  if constexpr (__is_same(F, AnyFormat)) {
    float wide[kWideDepth];
    for (int k = 0; k < p.in; k += kWideDepth) {
      const int depth = p.in - k < kWideDepth ? p.in - k : kWideDepth;
      for (int o = 0; o < O; ++o) {
        widenRow<F>(p, weight + o * rowBytes, k, depth, wide);
        for (int d = 0; d < depth; d += kLanes) {
          for (int r = 0; r < R; ++r) sum[o][r] += load(wide + d) * load(x + r * p.xStride + k + d);
        }
      }
    }
  } else {
    for (int k = 0; k < p.in; k += F::kElements) {
#pragma GCC unroll 4
      for (int o = 0; o < O; ++o) {
        const unsigned char* block = weight + o * rowBytes + static_cast<int64_t>(k / F::kElements) * F::kBytes;
        fetch(block + kRowsAhead * rowBytes, F::kBytes);
        const typename F::Header header(block);
#pragma GCC unroll 8
        for (int g = 0; g < F::kElements / kSubBlock; ++g) {
          V w[kVectors];
          F::group(block, header, g, w);
#pragma GCC unroll 4
          for (int r = 0; r < R; ++r) {
            const float* at = x + r * p.xStride + k + g * kSubBlock;
#pragma GCC unroll 8
            for (int v = 0; v < kVectors; ++v) sum[o][r] += w[v] * load(at + v * kLanes);
          }
        }
      }
    }
  }
#pragma GCC unroll 4
  for (int o = 0; o < O; ++o) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) y[r * p.yStride + o] = sumLanes(sum[o][r]);
  }
}

// R rows of x; how many outputs go together depends on R alone, and sums do not mix, so neither changes a bit.
template <class F, int R>
void blockRows(const core::kernels::Product& p, const unsigned char* weight, int64_t rowBytes, int count, const float* x, float* y) {
  constexpr int O = R < 4 ? 4 : 2;
  int o = 0;
  for (; o + O <= count; o += O) blockDots<F, R, O>(p, weight + o * rowBytes, rowBytes, x, y + o);
  for (; o < count; ++o) blockDots<F, R, 1>(p, weight + o * rowBytes, rowBytes, x, y + o);
}

// From so many rows of x on, dequantising W once is cheaper than once for each four rows of x; the sooner, the more there
// is to unpack.
template <class F>
constexpr int fewBlockRows() {
  if constexpr (__is_same(F, AnyFormat)) {
    return 5;
  } else {
    return F::kElements > kSubBlock ? 8 : 11;
  }
}

template <class F>
void blockProductOf(const core::kernels::Product& p, int64_t rowBytes, int begin, int end, float* scratch) {
  const unsigned char* weight = static_cast<const unsigned char*>(p.weight);
  if (p.T < fewBlockRows<F>()) {
    for (int o = begin; o < end; o += 16) {  // rows that the cache still holds for the next rows of x
      const int count = end - o < 16 ? end - o : 16;
      for (int t = 0; t < p.T;) {
        const float* x = p.x + t * p.xStride;
        float* y = p.y + t * p.yStride + o;
        const unsigned char* rows = weight + o * rowBytes;
        const int step = p.T - t >= 4 ? 4 : p.T - t >= 2 ? 2 : 1;
        if (step == 4) blockRows<F, 4>(p, rows, rowBytes, count, x, y);
        if (step == 2) blockRows<F, 2>(p, rows, rowBytes, count, x, y);
        if (step == 1) blockRows<F, 1>(p, rows, rowBytes, count, x, y);
        t += step;
      }
    }
    return;
  }
  float* panel = scratch;
  float* edge = scratch + kDepth * kPanel;
  float* wide = edge + kRows * kPanel;  // (kPanel, kWideDepth)
  for (int o = begin; o < end; o += kPanel) {
    const int count = end - o < kPanel ? end - o : kPanel;
    for (int k = 0; k < p.in; k += kDepth) {
      const int depth = p.in - k < kDepth ? p.in - k : kDepth;
      for (int d = 0; d < depth; d += kWideDepth) {
        const int piece = depth - d < kWideDepth ? depth - d : kWideDepth;
        for (int i = 0; i < count; ++i) {
          const unsigned char* row = weight + (o + i) * rowBytes;
          fetch(row + kPanel * rowBytes + rowBytes * (k + d) / p.in, rowBytes * piece / p.in);  // of the next panel
          widenRow<F>(p, row, k + d, piece, wide + i * kWideDepth);
        }
        pack<core::kernels::kF32>(reinterpret_cast<const unsigned char*>(wide), kWideDepth, count, 0, piece, panel + d * kPanel);
      }
      rowsTimesPanel(p.x + k, p.xStride, p.T, panel, kPanel, depth, count, p.y + o, p.yStride, k > 0, edge);
    }
  }
}

template <class F>
void packedProduct(const core::kernels::Product& p, int begin, int end, float* scratch) {
  blockProductOf<F>(p, static_cast<int64_t>(p.in / F::kElements) * F::kBytes, begin, end, scratch);
}

void blockProduct(const core::kernels::Product& p, int begin, int end, float* scratch) {
  switch (p.type) {
    case core::kernels::kQ80: packedProduct<Q80>(p, begin, end, scratch); break;
    case core::kernels::kQ40: packedProduct<Q40>(p, begin, end, scratch); break;
    case core::kernels::kQ4K: packedProduct<Q4K>(p, begin, end, scratch); break;
    case core::kernels::kQ5K: packedProduct<Q5K>(p, begin, end, scratch); break;
    case core::kernels::kQ6K: packedProduct<Q6K>(p, begin, end, scratch); break;
    case core::kernels::kMxfp4: packedProduct<Mxfp4>(p, begin, end, scratch); break;
    default:
      blockProductOf<AnyFormat>(p, static_cast<int64_t>(p.in / p.blockElements) * p.blockBytes, begin, end, scratch);
  }
  for (int t = 0; p.bias && t < p.T; ++t) {
    float* row = p.y + t * p.yStride;
    for (int o = begin; o < end; ++o) row[o] += p.bias[o];
  }
}
