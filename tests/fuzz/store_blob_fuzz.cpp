// Any bytes as a blob of the session database: the first byte picks the kind, the second the row's count. The checksum
// is put right first, so that the fuzzer gets behind it. What is accepted fits the model.
#include <xxhash.h>

#include <cstdlib>
#include <cstring>

#include "core/store/blob.h"
#include "core/store/posting.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

core::ModelConfig model() {
  core::ModelConfig config;
  config.width = 6;
  config.layers = 3;
  config.vocabulary = 50;
  config.router.experts = 4;
  config.router.chosen = 2;
  config.layer.assign(3, {.moe = true});
  return config;
}

void tryBlock(const core::Bytes& bytes, int count) {
  const core::ModelConfig config = model();
  for (int i = 0; i < core::kStreams; ++i) {
    const core::BlockKey key{static_cast<core::Stream>(i), 1, 5, count};
    const auto block = core::decodeBlock(bytes, key, config, "fuzz");
    if (!block) {
      require(!block.error().message.empty());
      continue;
    }
    for (const core::Array& array : block->arrays) {
      require(array.columns <= core::columnsOf(array.hook, config));
      require(array.floats.size() + array.ints.size() == static_cast<size_t>(count * array.columns));
      // -1: a changed routing chose fewer.
      for (const int32_t value : array.ints) require(array.hook != core::Hook::RouterIds || (value >= -1 && value < 4));
    }
  }
}

void tryLists(const core::Bytes& bytes, int count) {
  if (const auto choices = core::decodeChoices(bytes, count, "fuzz")) {
    require(choices->size() == static_cast<size_t>(count));
    for (const core::PostedChoice& choice : *choices) require(choice.token >= 0 && choice.token < core::kMaxRunTokens);
  }
  if (const auto positions = core::decodePositions(bytes, count, "fuzz")) {
    for (size_t i = 1; i < positions->size(); ++i) require((*positions)[i] > (*positions)[i - 1]);
  }
  if (const auto routes = core::decodeRoutes(bytes, count, "fuzz")) {
    require(routes->choices.size() == static_cast<size_t>(count * routes->layers * routes->K));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  core::Bytes bytes(data + 2, data + size);
  if (bytes.size() >= 8) {
    const uint64_t sum = XXH64(bytes.data(), bytes.size() - 8, 0);
    std::memcpy(bytes.data() + bytes.size() - 8, &sum, 8);
  }
  const int count = data[1];
  switch (data[0] % 4) {
    case 0:
      tryBlock(bytes, count);
      break;
    case 1:
      (void)core::decodeIds(bytes, count, 50, "fuzz");
      break;
    case 2:
      (void)core::decodeTexts(bytes, count, "fuzz");
      break;
    default:
      tryLists(core::Bytes(data + 2, data + size), count);
  }
  return 0;
}
