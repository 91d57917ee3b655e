// Any bytes as a tokenizer_config.json: a chat template comes out of it, none, or an error that says something.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto found = core::chatTemplateOf({reinterpret_cast<const char*>(data), size});
  if (!found && found.error().message.empty()) std::abort();
  if (!found || !*found) return 0;
  const core::ChatWrapper* like = core::wrapperLike((*found)->text);
  if (like && core::chatWrapperNamed(like->name) != like) std::abort();
  return 0;
}
