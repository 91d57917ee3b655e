// Posting lists: which tokens of a run chose an expert, where a token id stands in a run and what it chose. Built once,
// when a run ends, from its router.ids and its dispatch; docs/FORMAT.md states the bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/store/blob.h"

namespace core {

struct PostedChoice {
  int token = 0, rank = 0;
  bool dropped = false;
};

struct ChoicePosting {
  int layer = 0, expert = 0;
  int64_t choices = 0, dropped = 0, firsts = 0, firstsDropped = 0;
  Bytes list;
};

struct TokenPosting {
  int32_t id = 0;
  int64_t occurrences = 0;
  Bytes positions, routes;
};

struct Postings {
  std::vector<ChoicePosting> choices;  // by layer, expert
  std::vector<TokenPosting> tokens;    // by id
  int64_t dropped = 0, firstsDropped = 0;
};

Postings makePostings(const Trace& trace);

// What a token chose in each layer, in rank order.
struct PostedRoutes {
  int layers = 0, K = 0;
  std::vector<uint16_t> choices;  // (occurrences, layers, K): the expert, kDroppedBit, or kNoChoice (no such row)
};
constexpr uint16_t kDroppedBit = 0x8000;
constexpr uint16_t kNoChoice = 0xffff;

// `count` and `tokens` (length of the run) are from the database row; errors as in blob.h.
Result<std::vector<PostedChoice>> decodeChoices(ByteView bytes, int64_t count, std::string_view place);
Result<std::vector<int>> decodePositions(ByteView bytes, int64_t count, std::string_view place);
Result<PostedRoutes> decodeRoutes(ByteView bytes, int64_t count, std::string_view place);

}  // namespace core
