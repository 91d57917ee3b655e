// From tokens back to text. Kinds: ByteLevel, ByteFallback, Replace, Fuse, Strip, Metaspace, Sequence, as in a
// tokenizer.json's `decoder`; none at all joins tokens with spaces.
//
// A decoder works on all tokens at once (decode), or token by token for text that is shown while it is made (stream).
// The two agree but for one case: ByteFallback makes of a run of bytes that is not UTF-8 as a whole one U+FFFD a byte,
// and a stream, which cannot take back what it showed, one U+FFFD per ill-formed part.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

// What one stream remembers between tokens, per Strip step.
struct StreamState {
  bool first = true;   // no token has gone through
  bool begun = false;  // SentencePiece: some text, or the dummy prefix, has gone through
  struct Strip {
    int toStrip = 0;   // characters that may still be taken from the beginning
    std::string held;  // at the end of what has come: taken away if nothing follows
  };
  std::vector<Strip> strips;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Turns the strings of tokens into strings whose concatenation is the text, valid UTF-8.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
  // The bytes, not always complete characters, that this token adds to the text.
  virtual std::string stream(std::string token, StreamState& state) const = 0;
  virtual void prepare(StreamState&) const {}
};

// Errors: an unknown kind, a wrong member.
Result<std::unique_ptr<Decoder>> makeDecoder(const nlohmann::json& spec, const std::string& place);

}  // namespace core
