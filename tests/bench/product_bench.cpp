// product_bench: GFLOP/s of y (T, out) = x (T, in) W (out, in)^T in f32 on one thread, by the engine's own kernels and by
// Eigen compiled for this machine, over the shapes of small models. Why the engine has kernels of its own.
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <chrono>

#include "core/engine/ops_fast.h"

namespace {

double bestRate(double flops, const std::function<void()>& body) {
  double best = 0;
  for (int round = 0; round < 12; ++round) {
    const auto start = std::chrono::steady_clock::now();
    int times = 0;
    double seconds = 0;
    do {
      body();
      ++times;
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    } while (seconds < 0.02);
    best = std::max(best, flops * times / seconds * 1e-9);
  }
  return best;
}

}  // namespace

int main() {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  core::fast::Machine machine(1, 64);
  fmt::print("| T | in | out | own ({}) | Eigen |\n|---|---|---|---|---|\n", machine.kernels().name);
  for (const auto& [T, in, out] : {std::array{1, 512, 512}, {8, 512, 512}, {64, 512, 512}, {128, 256, 256}, {128, 512, 512},
                                   {512, 512, 512}, {512, 2048, 2048}, {512, 512, 16384}}) {
    const Matrix x = Matrix::Random(T, in), w = Matrix::Random(out, in);
    Matrix y(T, out);
    core::Linear linear;
    linear.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {out, in}};
    const core::fast::Matrix matrix = core::fast::matrixOf(linear);
    const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), T}};
    const double flops = 2.0 * T * in * out;
    const double own = bestRate(flops, [&] { core::fast::products(machine, jobs); });
    const double eigen = bestRate(flops, [&] { y.noalias() = x * w.transpose(); });
    fmt::print("| {} | {} | {} | {:.0f} | {:.0f} |\n", T, in, out, own, eigen);
  }
  return 0;
}
