// Every recorded quantity has a name, a shape, a unit and a meaning: this table. Whatever an instrument shows, an export
// writes or a query asks for is one of these hooks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/engine/engine.h"

namespace core {

enum class Hook : uint8_t {
  // of a layer, written as the layer finishes
  RouterLogits, RouterScores, RouterSelection, RouterIds, RouterWeights, RouterKept, RouterSlot,
  RouterMargin, RouterEntropy,
  AttentionRouterLogits, AttentionRouterIds, AttentionRouterWeights, AttentionRouterMargin, AttentionRouterEntropy,
  LedgerNorm, LedgerOutputShare, LedgerUpdateShare, LedgerOutNorm, LedgerUpdateNorm, LedgerCosine,
  Attention, Routed, Shared, Dense, Out,
  // of a layer, written once the logits are there
  LedgerPredictedEffect,
  // of a layer, written once the next token is known
  LedgerActualEffect,
  // of the whole model
  Embeddings, Logits, TopIds, TopProbabilities, PredictionEntropy,
  // of the whole model, written once the next token is known
  Surprisal,
  Count
};

// Values of one stream appear together and reach equally far.
enum class Stream : uint8_t { Layer, LayerHead, LayerNext, Head, HeadNext, Embeddings };
constexpr int kStreams = 6;
bool isOfLayer(Stream stream);  // else of the whole model

enum class HookType : uint8_t { F32, I32 };

struct HookInfo {
  Hook hook;
  std::string_view name;     // "router.logits"; in files of a layer "layers.3.router.logits"
  std::string_view shape;    // of one token: "E", "K" ("Ea", "Ka": of routed attention), "D", "P" parts of the ledger, "1", "10", "V"
  HookType type;
  Stream stream;
  Capture level;             // the lowest level that records it
  std::string_view unit;     // "", "nats", "probability", ...
  std::string_view meaning;  // one sentence
  std::string_view formula;
};

const HookInfo& hookInfo(Hook hook);
std::span<const HookInfo> allHooks();
std::optional<Hook> hookNamed(std::string_view name);

// Columns of the ledger hooks, P = K + 5 of them: residual in, attention, the K choices in rank order, shared expert,
// dense block, remainder.
struct LedgerParts {
  int K = 0;
  int count() const { return K + 5; }
  static constexpr int residual() { return 0; }
  static constexpr int attention() { return 1; }
  static constexpr int expert(int rank) { return 2 + rank; }
  int shared() const { return K + 2; }
  int dense() const { return K + 3; }
  int remainder() const { return K + 4; }
};

constexpr int kTopPredictions = 10;

}  // namespace core
