#include "core/text/pieces.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace core {

std::vector<Segment> segmentsOf(size_t textBytes, const std::vector<Span>& matches) {
  std::vector<Segment> segments;
  size_t at = 0;
  for (const Span& match : matches) {
    if (at != match.begin) segments.push_back({at, match.begin, false});
    segments.push_back({match.begin, match.end, true});
    at = match.end;
  }
  if (at != textBytes) segments.push_back({at, textBytes, false});
  return segments;
}

std::vector<Span> matchingCharacters(std::string_view text, bool (*wanted)(char32_t)) {
  std::vector<Span> matches;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8CharAt(text, at);
    if (wanted(c.code)) matches.push_back({at, at + c.length});
    at += c.length;
  }
  return matches;
}

std::vector<Span> splitAt(const std::vector<Segment>& segments, SplitBehavior behavior) {
  std::vector<Span> spans;
  bool before = false;  // whether the segment before was a match
  if (behavior == SplitBehavior::MergedWithNext) {
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      if (segment->match && !before && !spans.empty()) {
        spans.back().begin = segment->begin;
      } else {
        spans.push_back({segment->begin, segment->end});
      }
      before = segment->match;
    }
    std::reverse(spans.begin(), spans.end());
    return spans;
  }
  for (const Segment& segment : segments) {
    const bool joins = (behavior == SplitBehavior::Contiguous && segment.match == before) ||
                       (behavior == SplitBehavior::MergedWithPrevious && segment.match && !before);
    before = segment.match;
    if (behavior == SplitBehavior::Removed && segment.match) continue;
    if (joins && !spans.empty()) {
      spans.back().end = segment.end;
    } else {
      spans.push_back({segment.begin, segment.end});
    }
  }
  return spans;
}

}  // namespace core
