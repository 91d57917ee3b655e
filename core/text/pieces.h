// The text on its way through a tokenizer: pieces, some of which are added tokens already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/regex.h"

namespace core {

struct Piece {
  std::string text;
  bool atStart = false;       // begins where the whole text begins
  std::optional<int32_t> id;  // an added token: later steps leave it alone
};

// A text cut without gaps into what a pattern matched and what it did not.
struct Segment {
  size_t begin = 0, end = 0;
  bool match = false;
};

std::vector<Segment> segmentsOf(size_t textBytes, const std::vector<Span>& matches);

// A match for every character that `wanted` accepts.
std::vector<Span> matchingCharacters(std::string_view text, bool (*wanted)(char32_t));

enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

// The stretches of text that are left: matches are taken out, stand alone, or join a neighbour.
std::vector<Span> splitAt(const std::vector<Segment>& segments, SplitBehavior behavior);

}  // namespace core
