// Any bytes as a GGUF file: what the reader accepts must lie inside the file, every value must be readable, and a
// tokenizer in it must open or be refused.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/model/gguf.h"
#include "core/model/gguf_tokenizer.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void walk(const core::GgufValue& value, int depth) {
  require(depth < 20);
  require(!value.describe().empty());
  if (value.type() != core::GgufType::Array) {
    require(value.real().has_value() || value.truth().has_value() || value.text().has_value());
    return;
  }
  uint64_t count = 0;
  value.each([&](const core::GgufValue& element) {
    require(element.type() == value.elementType());
    if (count < 1000) walk(element, depth + 1);
    ++count;
    return true;
  });
  require(count == value.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = core::parseGguf(bytes, size, "fuzz");
  if (!header) {
    require(!header.error().message.empty() && header.error().message.size() < 1000);
    return 0;
  }
  for (const core::GgufEntry& entry : header->entries) {
    require(header->find(entry.key) == &entry.value);
    walk(entry.value, 0);
  }
  for (const core::GgufTensor& tensor : header->tensors) {
    require(header->findTensor(tensor.name) == &tensor);
    require(tensor.bytes == 0 || header->dataBegin + tensor.offset + tensor.bytes <= size);
    for (const int64_t dimension : tensor.shape()) require(dimension >= 0);
  }
  if (const auto tokenizer = core::makeGgufTokenizer(*header, "fuzz")) {
    const auto ids = (*tokenizer)->encode("a b\n12 \xE4\xB8\x96", true);
    for (const int32_t id : ids ? *ids : std::vector<int32_t>()) require(id >= 0 && id <= (*tokenizer)->largestId());
  } else {
    require(tokenizer.error().message.starts_with("fuzz: "));
  }
  return 0;
}
