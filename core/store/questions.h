// Questions across all stored runs, answered from posting lists: for each (run, layer, expert) the tokens that chose
// it, for each (run, token id) where it stands and what it chose. Hits come newest run first, then by layer, expert and
// token. Runs without their lists yet (still running) do not answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace core {

// "Every token that chose layer 3 expert 12", "first choices that were dropped". What is not set matches everything.
struct ChoiceQuestion {
  std::string model;  // exact name
  std::optional<int> layer, expert;
  bool firstOnly = false;    // rank 0
  bool droppedOnly = false;  // without a slot, recorded or simulated as the run says
};

// A token in its surroundings, to be shown and jumped to.
struct TokenHit {
  int64_t run = 0;
  int token = 0;  // position in the run
  int32_t id = 0;
  std::string before;  // texts of up to eight tokens
  std::string text;
  std::string after;
};

struct ChoiceHit : TokenHit {
  int layer = 0, expert = 0, rank = 0;
  bool dropped = false;
};

struct HitCount {
  int64_t hits = 0;
  int64_t runs = 0;
};

// "Where this token id went". Ids mean something within a model only, so the model should be set.
struct TokenQuestion {
  int32_t id = 0;
  std::string model;
};

struct RouteCount {
  int layer = 0, expert = 0;
  int64_t choices = 0, firsts = 0, dropped = 0;
};

struct TokenRoutes {
  int64_t occurrences = 0;
  int64_t runs = 0;
  std::vector<RouteCount> routes;  // by layer, then most choices first; experts never chosen are left out
};

}  // namespace core
