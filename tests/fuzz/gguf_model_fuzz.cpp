// Any bytes as a whole model in one GGUF file: metadata turned into a config, every tensor of it found and held against
// the shapes that the config calls for. What opens is described, costed, and lies where it can be read.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/model/cost.h"
#include "core/model/describe.h"
#include "core/model/gguf_loader.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

unsigned touched = 0;

void touch(const core::Tensor& tensor) {
  if (!tensor) return;
  require(tensor.elements() > 0 && tensor.bytes() > 0);
  touched += static_cast<unsigned>(tensor.data[0]) + static_cast<unsigned>(tensor.data[tensor.bytes() - 1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const auto model = core::loadGgufModel("/proc/self/fd/" + std::to_string(file), "fuzz");
  close(file);
  if (!model) {
    require(!model.error().message.empty() && model.error().message.size() < 2000);
    return 0;
  }
  const core::Model& m = **model;
  require(!core::describeRun(m.config).empty());
  require(core::costOf(m).fileBytes > 0);
  touch(m.weights.embedding);
  touch(m.weights.output.weight);
  for (const core::LayerWeights& layer : m.weights.layer) {
    for (const core::Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.output, &layer.router}) {
      touch(linear->weight);
      touch(linear->bias);
    }
    for (const core::Mlp& expert : layer.experts) {
      for (const core::Linear* linear : {&expert.gate, &expert.up, &expert.down}) touch(linear->weight);
    }
    touch(layer.dense.down.weight);
    touch(layer.keyValueUp.weight);
  }
  return 0;
}
