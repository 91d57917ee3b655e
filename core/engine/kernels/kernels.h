// The inner loops of the CPU engine, compiled once for each instruction set and chosen at run time. Only plain structs
// and function pointers cross this line: the files behind it are built with their own machine flags and must not share
// an inline function or a template with the rest of the program (the linker would keep one copy for all).
#pragma once

#include <cstddef>
#include <cstdint>

namespace core::kernels {

// kBlocks: any other block format, dequantised by Product::widen.
enum WeightType : int { kF32 = 0, kF16 = 1, kBf16 = 2, kQ80, kQ40, kQ4K, kQ5K, kQ6K, kMxfp4, kBlocks };

// Outputs [begin, end) of y = x W^T + bias for T rows.
struct Product {
  const void* weight = nullptr;  // (out, in), rows back to back, unaligned
  WeightType type = kF32;
  const float* bias = nullptr;   // (out) or null
  const float* x = nullptr;      // (T, in), rows xStride floats apart
  int64_t xStride = 0;
  float* y = nullptr;            // (T, out), rows yStride floats apart
  int64_t yStride = 0;
  int T = 0;
  int in = 0;  // a multiple of the block
  const void* next = nullptr;  // weights that this thread will probably read after these: fetched meanwhile; may be null
  // kBlocks only
  int blockElements = 1, blockBytes = 4;
  void (*widen)(const void* blocks, int64_t elements, float* to) = nullptr;
};

// Attention of one head for `rows` queries at positions first .. first + rows - 1.
struct HeadAttention {
  const float* q = nullptr;  // (rows, P), rows qStride floats apart
  int64_t qStride = 0;
  const float* keys = nullptr;    // (positions, P) of this head, back to back
  const float* values = nullptr;  // (positions, R)
  float* y = nullptr;             // (rows, R), rows yStride floats apart
  int64_t yStride = 0;
  int rows = 0, first = 0, P = 0, R = 0;
  float scale = 1;
  int window = 0;  // 0: all earlier positions
  int chunk = 0;   // blocks of positions that do not see each other; 0: none
  const float* sink = nullptr;  // a logit that takes part in the softmax only; null: none
  float logitCap = 0;  // cap * tanh(scaled score / cap); 0: no
};

constexpr int kAttentionRows = 32;  // most rows of one HeadAttention
constexpr int kGroup = 32;

struct Table {
  const char* name;
  int panel;    // outputs that one packed panel holds; pieces should be multiples of it
  int fewRows;  // below so many rows a product streams its weights instead of packing them

  // scratch: scratchFloats(in) floats
  void (*product)(const Product& p, int begin, int end, float* scratch);
  void (*attention)(const HeadAttention& a, float* scratch);

  // y = x / sqrt(mean(x^2) + eps) * w (w null: 1), `count` rows of D
  void (*rmsNorm)(const float* x, const float* w, float eps, int count, int D, float* y);
  // y = silu(gate) * up, n floats; y may be gate
  void (*siluTimes)(const float* gate, const float* up, int64_t n, float* y);
  // y = a * silu(b) * up for rows (a; b) of gate, (n, 2H)
  void (*tripleSilu)(const float* gate, const float* up, int64_t n, int H, float* y);
  // x += scale * y
  void (*addScaled)(float* x, const float* y, float scale, int64_t n);
  // y = scale * x
  void (*scaled)(const float* x, float scale, int64_t n, float* y);
  // Turns the pairs of each of `heads` rows of P floats by half angles: features i and i + half (halves 1) or 2i and 2i + 1
  void (*rotate)(const float* cos, const float* sin, int half, int halves, float* x, int heads, int P);
  double (*dot)(const float* a, const float* b, int64_t n);
  // Largest value, then sum of exp(x - top) and of (x - top) exp(x - top)
  void (*softmaxSums)(const float* x, int64_t n, float* top, double* sum, double* moment);
  // The same two sums where the largest value is known
  void (*expSums)(const float* x, int64_t n, float top, double* sum, double* moment);
  // The largest of each group of numbers, NaN passed over. With W = panel / 2 lanes, group c * W + l holds the numbers
  // c * W * kGroup + l + i * W for i < kGroup; there are groups(n) of them, an empty one is -infinity.
  void (*groupMaxima)(const float* x, int64_t n, float* maxima);
  // y = whole - sum of the `count` rows of n in `parts`, as if summed in twice the precision
  void (*remainder)(const float* parts, int count, const float* whole, int64_t n, float* y);
  // sums: x . x, x . a, x . b
  void (*threeDots)(const float* x, const float* a, const float* b, int64_t n, double* sums);

  int64_t lanes() const { return panel / 2; }
  int64_t groups(int64_t n) const { return (n + kGroup * lanes() - 1) / (kGroup * lanes()) * lanes(); }
};

int64_t scratchFloats(int in, int valueDim);

const Table& sse2();
const Table& avx2();
const Table& avx512();

// The best set this processor runs; EXPERTSCOPE_ISA=sse2|avx2|avx512 lowers it (tests).
const Table& best();

}  // namespace core::kernels
