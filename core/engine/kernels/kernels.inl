// How the products work.
//
// y (T, O) = x (T, I) W (O, I)^T. Both run along I, so neither can feed a vector of outputs directly. For many rows a panel
// of kPanel rows of W is turned into (I, kPanel), widened to float on the way, in blocks of kDepth of I that stay in the
// second-level cache; then kRows rows of x at a time meet it: each element of x is spread over a vector and multiplied with
// two vectors of the panel, kRows x 2 sums in registers. For few rows turning W would cost more than it brings: there
// four rows of W (eight for one row of x) are read as so many streams and each is multiplied with a few rows of x, lanes summed
// at the end.
//
// The order of every sum depends on T and I alone, never on threads or on where a piece begins.
//
// The including file defines ISA_NAME, kLanes and how to widen halves, 16 signed bytes and a single half; everything here has internal linkage.

#include "core/engine/kernels/vectors.inl"

namespace {

constexpr int kPanel = 2 * kLanes;
constexpr int kDepth = 1024;
constexpr int kFewRows = ISA_FEW;  // below this W is not turned
constexpr int kRowsAtOnce = kLanes == 16 ? 4 : 2;  // of x then; four outputs each must fit the registers
constexpr int kGroupRows = 16;  // rows of W that meet all rows of x before the next
constexpr int kKeyBlock = 256;

// panel (depth, kPanel) = W[begin .. begin + count, k .. k + depth] turned; missing rows are zeros.
template <int Type>
void pack(const unsigned char* weight, int64_t in, int count, int64_t k, int depth, float* panel) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  for (int group = 0; group < 2; ++group) {
    const int rows = count - group * kLanes < kLanes ? count - group * kLanes : kLanes;
    const unsigned char* from = weight + (group * kLanes * in + k) * bytes;
    float* to = panel + group * kLanes;
    int d = 0;
    for (; rows == kLanes && d + kLanes <= depth; d += kLanes) {
      V block[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) block[i] = widen<Type>(from + (i * in + d) * bytes);
      turn(block);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(to + (d + i) * kPanel, block[i]);
    }
    for (; d < depth; d += kLanes) {
      const int width = depth - d < kLanes ? depth - d : kLanes;
      V block[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const unsigned char* p = from + (i * in + d) * bytes;
        block[i] = i >= rows ? V{} : width == kLanes ? widen<Type>(p) : widenTail<Type>(p, width);
      }
      turn(block);
      for (int i = 0; i < width; ++i) store(to + (d + i) * kPanel, block[i]);
    }
  }
}

// Memory that will be packed next. It is asked for a line at a time while the multipliers work: asked for all at once, or
// only when it is needed, they would wait for it.
struct Ahead {
  const unsigned char* from = nullptr;
  int64_t lines = 0;
};

// y (R, kPanel) (+)= x (R, depth) panel (depth, kPanel); fetches `lines` (at most depth) lines on the way.
template <int R>
void block(const float* x, int64_t xStride, const float* panel, int64_t panelStride, int depth, float* y, int64_t yStride, bool more,
           const unsigned char* ahead, int lines) {
  V left[R], right[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    left[r] = more ? load(y + r * yStride) : V{};
    right[r] = more ? load(y + r * yStride + kLanes) : V{};
  }
  const auto step = [&](int k) __attribute__((always_inline)) {
    const V a = load(panel + k * panelStride);
    const V b = load(panel + k * panelStride + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const V s = spread(x[r * xStride + k]);
      left[r] += s * a;
      right[r] += s * b;
    }
  };
  for (int k = 0; k < lines; ++k) {
    __builtin_prefetch(ahead + 64 * k, 0, 2);
    step(k);
  }
  for (int k = lines; k < depth; ++k) step(k);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store(y + r * yStride, left[r]);
    store(y + r * yStride + kLanes, right[r]);
  }
}

using BlockFunction = void (*)(const float*, int64_t, const float*, int64_t, int, float*, int64_t, bool, const unsigned char*, int);

template <int... R>
struct BlockTable {
  static constexpr BlockFunction functions[] = {block<R + 1>...};
};
#if ISA_ROWS == 12
using Blocks = BlockTable<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>;
#else
using Blocks = BlockTable<0, 1, 2, 3, 4, 5>;
#endif
constexpr int kRows = ISA_ROWS;

// All T rows against one panel, in blocks of nearly equal size: one of a few rows would wait for its own sums. Whole panels
// are written to y directly, a cut one through `edge` (kRows, kPanel).
void rowsTimesPanel(const float* x, int64_t xStride, int T, const float* panel, int64_t panelStride, int depth, int count, float* y,
                    int64_t yStride, bool more, float* edge, Ahead ahead = {}) {
  int left = (T + kRows - 1) / kRows;
  for (int t = 0; t < T; --left) {
    const int rows = (T - t + left - 1) / left;
    const int64_t share = (ahead.lines + left - 1) / left;
    const int lines = share < depth ? static_cast<int>(share) : depth;
    const BlockFunction f = Blocks::functions[rows - 1];
    float* into = y + t * yStride;
    float* to = count == kPanel ? into : edge;
    for (int r = 0; count < kPanel && more && r < rows; ++r) {
      for (int c = 0; c < count; ++c) edge[r * kPanel + c] = into[r * yStride + c];
    }
    f(x + t * xStride, xStride, panel, panelStride, depth, to, count == kPanel ? yStride : kPanel, more, ahead.from, lines);
    for (int r = 0; count < kPanel && r < rows; ++r) {
      for (int c = 0; c < count; ++c) into[r * yStride + c] = edge[r * kPanel + c];
    }
    ahead.from += 64 * lines;
    ahead.lines -= lines;
    t += rows;
  }
}

template <int Type>
void manyRows(const core::kernels::Product& p, int begin, int end, float* scratch) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  float* panel = scratch;
  float* edge = scratch + kDepth * kPanel;
  const int64_t panelBytes = int64_t{kPanel} * p.in * bytes;
  for (int o = begin; o < end; o += kPanel) {
    const int count = end - o < kPanel ? end - o : kPanel;
    const unsigned char* rows = static_cast<const unsigned char*>(p.weight) + static_cast<int64_t>(o) * p.in * bytes;
    const unsigned char* next = o + kPanel < end ? rows + panelBytes : static_cast<const unsigned char*>(p.next);
    for (int k = 0; k < p.in; k += kDepth) {
      const int depth = p.in - k < kDepth ? p.in - k : kDepth;
      pack<Type>(rows, p.in, count, k, depth, panel);
      const Ahead ahead = {next ? next + int64_t{kPanel} * k * bytes : rows, next ? int64_t{kPanel} * depth * bytes / 64 : 0};
      rowsTimesPanel(p.x + k, p.xStride, p.T, panel, kPanel, depth, count, p.y + o, p.yStride, k > 0, edge, ahead);
    }
  }
}

// O outputs against R rows of x: O streams of weights, O x R sums in registers. With Ahead, fetches what lies `ahead` bytes
// further on.
template <int Type, int R, int O, bool Ahead>
void dots(const unsigned char* weight, int64_t in, const float* x, int64_t xStride, float* y, int64_t yStride, int64_t ahead) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  V sum[R][O];
#pragma GCC unroll 8
  for (int o = 0; o < O; ++o) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) sum[r][o] = V{};
  }
  const int64_t whole = in / kLanes * kLanes;
  for (int64_t k = 0; k < whole; k += kLanes) {
    V row[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) row[r] = load(x + r * xStride + k);
#pragma GCC unroll 8
    for (int o = 0; o < O; ++o) {
      const unsigned char* from = weight + (o * in + k) * bytes;
      if constexpr (Ahead) __builtin_prefetch(from + ahead, 0, 2);
      const V w = widen<Type>(from);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sum[r][o] += w * row[r];
    }
  }
  if (whole < in) {
    const int rest = static_cast<int>(in - whole);
#pragma GCC unroll 8
    for (int o = 0; o < O; ++o) {
      const V w = widenTail<Type>(weight + (o * in + whole) * bytes, rest);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sum[r][o] += w * loadTail(x + r * xStride + whole, rest);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    if constexpr (O == 1) {
      y[r * yStride] = sumLanes(sum[r][0]);
    } else {
#pragma GCC unroll 2
      for (int o = 0; o < O; o += 4) sumLanesOfFour(sum[r][o], sum[r][o + 1], sum[r][o + 2], sum[r][o + 3], y + r * yStride + o);
    }
  }
}

template <int Type, int R, bool Ahead>
void dotRows(const unsigned char* weight, int64_t in, int count, const float* x, int64_t xStride, float* y, int64_t yStride) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  const int64_t ahead = kGroupRows * in * bytes;
  int o = 0;
  if constexpr (R == 1) {  // one row alone needs more sums to keep the multipliers busy
    for (; o + 8 <= count; o += 8) dots<Type, R, 8, Ahead>(weight + o * in * bytes, in, x, xStride, y + o, yStride, ahead);
  }
  for (; o + 4 <= count; o += 4) dots<Type, R, 4, Ahead>(weight + o * in * bytes, in, x, xStride, y + o, yStride, ahead);
  for (; o < count; ++o) dots<Type, R, 1, false>(weight + o * in * bytes, in, x, xStride, y + o, yStride, 0);
}

// `count` outputs; the rows of x in small groups over the same rows of W, which the cache still holds. The first group
// fetches the rows of W that come next.
template <int Type>
void fewRows(const unsigned char* weight, int64_t in, int count, const float* x, int64_t xStride, int T, float* y, int64_t yStride) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  for (int o = 0; o < count; o += kGroupRows) {
    const int outputs = count - o < kGroupRows ? count - o : kGroupRows;
    const unsigned char* rows = weight + o * in * bytes;
    for (int t = 0; t < T; t += kRowsAtOnce) {
      const float* from = x + t * xStride;
      float* into = y + t * yStride + o;
      if (t == 0 && T >= kRowsAtOnce) {
        dotRows<Type, kRowsAtOnce, true>(rows, in, outputs, from, xStride, into, yStride);
        continue;
      }
      switch (T - t < kRowsAtOnce ? T - t : kRowsAtOnce) {
        case 1: dotRows<Type, 1, false>(rows, in, outputs, from, xStride, into, yStride); break;
        case 2: dotRows<Type, 2, false>(rows, in, outputs, from, xStride, into, yStride); break;
        case 3: dotRows<Type, 3, false>(rows, in, outputs, from, xStride, into, yStride); break;
        default: dotRows<Type, 4, false>(rows, in, outputs, from, xStride, into, yStride); break;
      }
    }
  }
}

template <int Type>
void productOf(const core::kernels::Product& p, int begin, int end, float* scratch) {
  constexpr int bytes = Type == core::kernels::kF32 ? 4 : 2;
  if (p.T < kFewRows) {
    const unsigned char* rows = static_cast<const unsigned char*>(p.weight) + static_cast<int64_t>(begin) * p.in * bytes;
    fewRows<Type>(rows, p.in, end - begin, p.x, p.xStride, p.T, p.y + begin, p.yStride);
  } else {
    manyRows<Type>(p, begin, end, scratch);
  }
  if (!p.bias) return;
  for (int t = 0; t < p.T; ++t) {
    float* row = p.y + t * p.yStride;
    for (int o = begin; o < end; ++o) row[o] += p.bias[o];
  }
}

#include "core/engine/kernels/blocks.inl"

void product(const core::kernels::Product& p, int begin, int end, float* scratch) {
  switch (p.type) {
    case core::kernels::kF32: productOf<core::kernels::kF32>(p, begin, end, scratch); break;
    case core::kernels::kF16: productOf<core::kernels::kF16>(p, begin, end, scratch); break;
    case core::kernels::kBf16: productOf<core::kernels::kBf16>(p, begin, end, scratch); break;
    default: blockProduct(p, begin, end, scratch);
  }
}

// y (count, a multiple of kPanel) += x (depth) rows (depth, count), for one row of x: rows of `rows` are read as they lie, up to
// four vectors of each, and every second one has sums of its own.
template <int N>
void weightedSum(const float* x, const float* rows, int64_t stride, int depth, float* y) {
  V even[N], odd[N];
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    even[i] = load(y + i * kLanes);
    odd[i] = V{};
  }
  int k = 0;
  for (; k + 2 <= depth; k += 2) {
    const V a = spread(x[k]), b = spread(x[k + 1]);
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i) even[i] += a * load(rows + k * stride + i * kLanes);
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i) odd[i] += b * load(rows + (k + 1) * stride + i * kLanes);
  }
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    if (k < depth) even[i] += x[k] * load(rows + k * stride + i * kLanes);
    store(y + i * kLanes, even[i] + odd[i]);
  }
}
void oneRowTimes(const float* x, const float* rows, int64_t stride, int depth, int count, float* y) {
  int at = 0;
  for (; at + 4 * kLanes <= count; at += 4 * kLanes) weightedSum<4>(x, rows + at, stride, depth, y + at);
  for (; at < count; at += 2 * kLanes) weightedSum<2>(x, rows + at, stride, depth, y + at);
}

// The first position that a query at `position` sees.
int firstVisible(const core::kernels::HeadAttention& a, int position) {
  const int window = a.window > 0 && position - a.window + 1 > 0 ? position - a.window + 1 : 0;
  const int chunk = a.chunk > 0 ? position / a.chunk * a.chunk : 0;
  return window > chunk ? window : chunk;
}

// Attention over blocks of keys with running maxima (the online softmax of FlashAttention): scores of a block, the new
// maximum of each row, everything summed so far scaled down to it, then exp(score) times the values.
void attention(const core::kernels::HeadAttention& a, float* scratch) {
  const int P = a.P, R = a.R;
  const int padded = (R + kPanel - 1) / kPanel * kPanel;
  float* score = scratch;                                                   // (rows, kKeyBlock)
  float* out = score + core::kernels::kAttentionRows * kKeyBlock;           // (rows, padded)
  float* wide = out + core::kernels::kAttentionRows * padded;               // (kKeyBlock, padded)
  float* panel = wide + static_cast<int64_t>(kKeyBlock) * padded;           // packed keys and the edge
  float top[core::kernels::kAttentionRows], total[core::kernels::kAttentionRows];
  for (int r = 0; r < a.rows; ++r) {
    top[r] = a.sink ? *a.sink : -__builtin_inff();
    total[r] = a.sink ? 1 : 0;
    for (int p = 0; p < padded; ++p) out[r * padded + p] = 0;
  }
  const int last = a.first + a.rows - 1;
  const float scale = a.logitCap > 0 ? 1 : a.scale;  // capped scores are scaled before
  const int begin = firstVisible(a, a.first) / kKeyBlock * kKeyBlock;
  for (int s0 = begin; s0 <= last; s0 += kKeyBlock) {
    const int keys = last + 1 - s0 < kKeyBlock ? last + 1 - s0 : kKeyBlock;
    core::kernels::Product dotProducts;
    dotProducts.weight = a.keys + static_cast<int64_t>(s0) * P;
    dotProducts.x = a.q;
    dotProducts.xStride = a.qStride;
    dotProducts.y = score;
    dotProducts.yStride = kKeyBlock;
    dotProducts.T = a.rows;
    dotProducts.in = P;
    productOf<core::kernels::kF32>(dotProducts, 0, keys, panel);

    const int rounded = (keys + kLanes - 1) / kLanes * kLanes;
    for (int r = 0; r < a.rows; ++r) {
      float* row = score + r * kKeyBlock;
      const int position = a.first + r;
      const int visible = firstVisible(a, position);
      const int from = visible > s0 ? visible - s0 : 0;
      const int to = position + 1 - s0 < keys ? position + 1 - s0 : keys;  // past the last visible key
      if (a.logitCap > 0) {
        for (int s = from; s < to; ++s) row[s] = a.logitCap * __builtin_tanhf(row[s] * a.scale / a.logitCap);
      }
      for (int s = 0; s < from && s < keys; ++s) row[s] = -__builtin_inff();
      for (int s = to < 0 ? 0 : to; s < rounded; ++s) row[s] = -__builtin_inff();
      V best = spread(-__builtin_inff());
      for (int s = 0; s < rounded; s += kLanes) {
        const V scaled = load(row + s) * scale;
        store(row + s, scaled);
        best = scaled > best ? scaled : best;
      }
      float highest = top[r];
      for (int i = 0; i < kLanes; ++i) highest = best[i] > highest ? best[i] : highest;
      if (highest == -__builtin_inff()) {  // nothing visible yet
        for (int s = 0; s < keys; ++s) row[s] = 0;
        continue;
      }
      V difference = spread(top[r] - highest);
      const float shrink = top[r] == -__builtin_inff() ? 0.f : exponential(difference)[0];
      V sum = V{};
      for (int s = 0; s < rounded; s += kLanes) {
        const V weight = exponential(load(row + s) - highest);
        store(row + s, weight);
        sum += weight;
      }
      total[r] = total[r] * shrink + sumLanes(sum);
      top[r] = highest;
      for (int p = 0; p < padded; p += kLanes) store(out + r * padded + p, load(out + r * padded + p) * shrink);
    }

    const float* values = a.values + static_cast<int64_t>(s0) * R;
    int64_t stride = R;
    if (R != padded) {
      for (int s = 0; s < keys; ++s) {
        __builtin_memcpy(wide + static_cast<int64_t>(s) * padded, values + static_cast<int64_t>(s) * R, static_cast<size_t>(R) * 4);
        for (int p = R; p < padded; ++p) wide[static_cast<int64_t>(s) * padded + p] = 0;
      }
      values = wide;
      stride = padded;
    }
    if (a.rows == 1) oneRowTimes(score, values, stride, keys, padded, out);
    for (int p = 0; a.rows > 1 && p < padded; p += kPanel) {
      rowsTimesPanel(score, kKeyBlock, a.rows, values + p, stride, keys, kPanel, out + p, padded, true, panel);
    }
  }
  for (int r = 0; r < a.rows; ++r) {
    for (int p = 0; p < R; ++p) a.y[r * a.yStride + p] = out[r * padded + p] / total[r];
  }
}

double dot(const float* a, const float* b, int64_t n) {
  V sum[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (int j = 0; j < 4; ++j) sum[j] += load(a + i + j * kLanes) * load(b + i + j * kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) sum[0] += load(a + i) * load(b + i);
  double rest = 0;
  for (; i < n; ++i) rest += static_cast<double>(a[i]) * b[i];
  return sumLanes((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
}

void rmsNorm(const float* x, const float* w, float eps, int count, int D, float* y) {
  for (int t = 0; t < count; ++t) {
    const float* row = x + static_cast<int64_t>(t) * D;
    float* out = y + static_cast<int64_t>(t) * D;
    const auto scale = static_cast<float>(1 / __builtin_sqrt(dot(row, row, D) / D + eps));
    if (w) {
      for (int d = 0; d < D; ++d) out[d] = row[d] * scale * w[d];
    } else {
      for (int d = 0; d < D; ++d) out[d] = row[d] * scale;
    }
  }
}

void siluTimes(const float* gate, const float* up, int64_t n, float* y) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, silu(load(gate + i)) * load(up + i));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    const V tail = silu(loadTail(gate + i, rest)) * loadTail(up + i, rest);
    for (int j = 0; j < rest; ++j) y[i + j] = tail[j];
  }
}

// y may be up
void tripleSilu(const float* gate, const float* up, int64_t n, int H, float* y) {
  for (int64_t t = 0; t < n; ++t) {
    const float* a = gate + t * 2 * H;
    const float* u = up + t * H;
    float* out = y + t * H;
    int h = 0;
    for (; h + kLanes <= H; h += kLanes) store(out + h, load(a + h) * silu(load(a + H + h)) * load(u + h));
    if (h < H) {
      const V tail = loadTail(a + h, H - h) * silu(loadTail(a + H + h, H - h)) * loadTail(u + h, H - h);
      for (int i = 0; h + i < H; ++i) out[h + i] = tail[i];
    }
  }
}

void addScaled(float* x, const float* y, float scale, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] += scale * y[i];
}

void scaled(const float* x, float scale, int64_t n, float* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = scale * x[i];
}

}  // namespace

#include "core/engine/kernels/rows.inl"

namespace core::kernels {
const Table& ISA_FUNCTION() {
  static constexpr Table table = {ISA_NAME,  kPanel, kFewRows, product, attention,   rmsNorm,     siluTimes, tripleSilu,
                                  addScaled, scaled, rotate,  dot,     softmaxSums, expSums,     groupMaxima, remainder, threeDots};
  return table;
}
}  // namespace core::kernels
