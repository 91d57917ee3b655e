// Any bytes as a tokenizer.json, and what follows a zero byte as the tokenizer_config.json beside it: either an error,
// or a tokenizer that encodes and decodes texts without a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text/tokenizer.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void use(const std::shared_ptr<const core::Tokenizer>& tokenizer, std::string_view text) {
  const auto ids = tokenizer->encode(text, true);
  if (!ids) {
    require(!ids.error().message.empty());
    return;
  }
  core::StreamingDetokenizer stream(tokenizer);
  std::string streamed;
  for (const int32_t id : *ids) {
    require(id >= 0 && id <= tokenizer->largestId());
    require(core::isValidUtf8(tokenizer->pieceText(id)));
    streamed += stream.push(id);
  }
  streamed += stream.flush();
  require(core::isValidUtf8(streamed));
  require(core::isValidUtf8(tokenizer->decode(*ids, false)));
  require(core::isValidUtf8(tokenizer->decode(*ids, true)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size), json = bytes.substr(0, bytes.find('\0'));
  const std::string_view config = json.size() < size ? bytes.substr(json.size() + 1) : std::string_view();
  const auto tokenizer = core::Tokenizer::loadFromMemory(json, config);
  if (!tokenizer) {
    require(!tokenizer.error().message.empty());
    return 0;
  }
  use(*tokenizer, "Hello the world's  café <s> 123\n\xE4\xBD\xA0 \xFF");
  use(*tokenizer, json.substr(0, 64));
  return 0;
}
