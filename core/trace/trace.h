// What was recorded of one run. A Trace is a small value: shared pointers to immutable blocks, each the rows of some hooks
// for a range of tokens of one layer. Whoever holds a Trace keeps what it shows; the recorder makes a new value whenever
// a block is finished, so reading needs no lock. Each stream says how many tokens it holds; views show what exists.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/routing/serving.h"
#include "core/trace/hooks.h"

namespace core {

struct Sampling {
  double temperature = 0;  // 0: greedy
  int topK = 0;            // 0: all
  double topP = 1;
  uint64_t seed = 0;
};

// Capacity as it was asked for. `simulated`: the family drops nothing; slots are decided afterwards on the recorded
// choices, outputs are those of the run without drops.
struct CapacityOptions {
  bool active = false;
  bool simulated = false;
  CapacityRule rule = CapacityRule::Gshard;
  double factor = 1;
  int minCapacity = 4;
};

// A trace that was not run but decided again from a recorded one's logits (core/trace/replay.h).
struct ReplayOrigin {
  std::string policy;    // as core/routing/policy.h names it
  std::string settings;  // "k 2, temperature 0.5": what is not the policy's usual
  int k = 0;             // choices a token as capacity rules count them; ids may have more columns
  int runK = 0;          // of the run's own router; 0: not known, written by an earlier version
  bool causal = true;    // no choice depends on a later token
  bool exact = false;    // policy and capacity are the run's own: it equals the recording
  // What its recorded slots were decided by; under another rule or factor they are decided again.
  CapacityRule rule = CapacityRule::Gshard;
  double factor = 1;
  Serving serving;  // and the order and groups its choices queue in, under whatever rule
};

// Everything needed to say where numbers come from, and to run them again.
struct RunInfo {
  std::string programVersion;
  std::string modelName, modelPath, modelHash;
  std::shared_ptr<const ModelConfig> config;
  EngineInfo engine;
  std::optional<std::string> prompt;  // none: run on ids, or left out by the user
  std::string chat;                   // form that the prompt was wrapped in (core/text/chat.h), empty: none
  int promptTokens = 0;
  int specialTokens = 0;  // added in front of or behind the prompt by the tokenizer
  Sampling sampling;
  Capture capture = Capture::Ledger;
  CapacityOptions capacity;
  std::optional<ReplayOrigin> replay;  // none: recorded
  std::vector<std::string> interventions;  // in words, of a run whose routing was changed; empty: none
};

struct Array {
  Hook hook = Hook::Count;
  int columns = 0;            // elements of one token's row
  std::vector<float> floats;  // (tokens, columns), or empty
  std::vector<int32_t> ints;  // (tokens, columns), or empty
};

struct Block {
  Stream stream = Stream::Layer;
  int layer = 0;  // 0 for streams of the whole model
  int firstToken = 0;
  int tokens = 0;
  std::vector<Array> arrays;

  const Array* find(Hook hook) const;
};

class Trace {
 public:
  Trace() = default;
  explicit Trace(std::shared_ptr<const RunInfo> info);

  bool empty() const { return !m_info; }
  const RunInfo& info() const { return *m_info; }
  const ModelConfig& config() const { return *m_info->config; }
  std::shared_ptr<const RunInfo> sharedInfo() const { return m_info; }

  // Ids and texts of the run, prompt and generated; the last generated token may not have been run.
  const std::vector<int32_t>& ids() const;
  const std::vector<std::string>& texts() const;  // real text of each token, "#17" without a tokenizer
  int length() const { return static_cast<int>(ids().size()); }
  int promptTokens() const { return m_info->promptTokens; }

  // How many tokens a stream holds from the start on.
  int tokens(Stream stream, int layer = 0) const;
  int tokens(Hook hook, int layer = 0) const { return tokens(hookInfo(hook).stream, layer); }

  // One token's row; empty where it was not recorded (yet).
  std::span<const float> floats(Hook hook, int layer, int token) const;
  std::span<const int32_t> ints(Hook hook, int layer, int token) const;
  bool has(Hook hook, int layer = 0) const;  // some row of it exists
  int columns(Hook hook, int layer = 0) const;  // of its rows; 0 where there is none

  // Rows [first, first + count) as one array, (count, columns); empty unless all of them exist.
  std::vector<float> gatherFloats(Hook hook, int layer, int first, int count) const;
  std::vector<int32_t> gatherInts(Hook hook, int layer, int first, int count) const;

  // The same trace with one more block (it must continue its stream), other ids, or another info.
  Trace with(Block block) const&;
  Trace with(Block block) &&;
  Trace withIds(std::vector<int32_t> ids, std::vector<std::string> texts) const;
  Trace withInfo(std::shared_ptr<const RunInfo> info) const;

  // A trace of the same tokens that holds nothing yet and through which the given hooks of this one are seen where it has
  // none of its own.
  Trace replayed(std::shared_ptr<const RunInfo> info, std::span<const Hook> seenThrough) const;

  // Blocks of a stream in order, for storing; not what is seen through a replay.
  std::vector<std::shared_ptr<const Block>> blocks(Stream stream, int layer = 0) const;

 private:
  using BlockList = std::vector<std::shared_ptr<const Block>>;
  const BlockList* list(Stream stream, int layer) const;
  const Array* arrayAt(Hook hook, int layer, int token, int& row) const;
  void add(Block block);
  const Trace* under(Hook hook, int layer) const;  // where rows of a hook are that are not here

  std::shared_ptr<const RunInfo> m_info;
  std::shared_ptr<const std::vector<int32_t>> m_ids;
  std::shared_ptr<const std::vector<std::string>> m_texts;
  std::vector<std::shared_ptr<const BlockList>> m_streams;  // (Stream x layer)
  std::shared_ptr<const Trace> m_under;                     // of a replay: the recording
  std::bitset<static_cast<size_t>(Hook::Count)> m_seenThrough;
};

}  // namespace core
