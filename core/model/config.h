// What a model is, as data. An engine reads this and never asks which family it is.
//
// Letters used for shapes in the whole tree:
//   T tokens, D width, H expert hidden (an expert's neurons), E experts, K chosen, C capacity (slots an expert),
//   S shared expert hidden, V vocabulary, L layers, A heads, G key/value heads, P head dimension, R the dimension of a
//   head's value (P unless said otherwise).
// Arrays are row-major.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/routing/capacity.h"
#include "core/routing/grouped.h"
#include "core/routing/weights.h"

namespace core {

enum class NormKind : uint8_t { Rms, Layer };  // Layer: mean removed, with a bias

enum class Activation : uint8_t {
  SwiGlu,         // silu(gate x) * up x
  GeGluTanh,      // gelu_tanh(gate x) * up x (Grok-1)
  TripleSwiGlu,   // gate is 2H wide, (a; b) = gate x: a * silu(b) * up x (OpenMoE)
  ClampedSwiGlu,  // g = min(gate, 7), u = clamp(up, -7, 7): g * sigmoid(1.702 g) * (u + 1) (gpt-oss)
};

enum class QkNorm : uint8_t {
  None,
  FullWidth,   // over the whole projection, before it is cut into heads (OLMoE)
  PerHead,     // over each head (Qwen3)
  Weightless,  // over each head, without a weight, in layers that rotate (Llama 4)
};

enum class RopeLayout : uint8_t { Half, Interleaved };  // pairs (i, i + P/2), or (2i, 2i + 1)

enum class RopeScaling : uint8_t { None, Linear, Dynamic, Yarn, Llama3, LongRope };

struct RopeConfig {
  double theta = 10000.0;
  int dimensions = 0;  // of a head that rotate; even
  int offset = 0;      // of a head before them
  RopeLayout layout = RopeLayout::Half;
  RopeScaling scaling = RopeScaling::None;
  double factor = 1.0;
  int originalContext = 0;                                 // of the model before its context was stretched
  double attentionFactor = 0;                              // multiplies cos and sin; 0: by the scaling's own rule
  double betaFast = 32, betaSlow = 1;                      // yarn
  bool truncate = true;                                    // yarn: floor and ceil of the correction range
  double mscale = 0, mscaleAllDim = 0;                     // yarn as DeepSeek has it
  double lowFrequencyFactor = 1, highFrequencyFactor = 4;  // llama3
  std::vector<double> longFactor, shortFactor;             // longrope, dimensions/2 each
  double longMscale = 0, shortMscale = 0;                  // longrope as PhiMoE has it
};

// Multi-head latent attention (DeepSeek-V2, section 2.1): a token's keys and values are made from one short vector, the
// latent, and a head's key is what comes from the latent followed by a rotated part that all heads share. Every head
// has a key and a value of its own (G = A), of P = nopeDim + ropeDim and R = valueDim features; both are cached as they
// are.
struct LatentAttention {
  int queryRank = 0;     // 0: queries are projected directly
  int keyValueRank = 0;  // of the latent; 0: attention without one
  int nopeDim = 0, ropeDim = 0, valueDim = 0;
  double normEps = 1e-6;  // of the norms of both short vectors
};

struct AttentionConfig {
  int heads = 0;          // A
  int keyValueHeads = 0;  // G, divides A
  int headDim = 0;        // P; A * P need not be D
  double scale = 1.0;     // multiplies q . k; 1 for OpenMoE
  QkNorm qkNorm = QkNorm::None;
  double qkNormEps = 1e-6;
  double clipQkv = 0;           // q, k, v clipped to [-c, c] after the norm; 0: no
  double logitCap = 0;          // cap * tanh(logit / cap); 0: no
  double temperatureScale = 0;  // s > 0: in layers without rotation q is multiplied by
  int temperatureFloor = 1;     // 1 + s ln(1 + floor((position + 1) / floor)) (Llama 4)
  bool sinks = false;           // a learned logit a head that takes part in the softmax only (gpt-oss)
  bool tiledKeyValues = false;  // query head a uses key/value head a % G (JetMoE) instead of a / (A/G)
  // Queries and keys are projected from a filtered input (Yuan's localized filtering): two causal convolutions of
  // kernel 2, D -> D/2 -> D, plus their input, normed. Values are projected from the input itself.
  bool localFilter = false;
  double localFilterEps = 1e-6;
  LatentAttention latent;
  RopeConfig rope;

  int valueDim() const { return latent.keyValueRank > 0 ? latent.valueDim : headDim; }  // R
};

// Where a choice's score comes from before top-k.
enum class ScoreFunction : uint8_t {
  Softmax,  // over all E
  Sigmoid,
  None,         // choice on logits; the weight is made from the chosen logits afterwards
  SparseMixer,  // PhiMoE: two rounds of masked softmax
};

enum class WeightSide : uint8_t { Output, Input };  // Input: the expert sees w * x (Llama 4)

struct RouterConfig {
  int experts = 0;  // E; 0: a dense model
  int chosen = 0;   // K
  ScoreFunction score = ScoreFunction::Softmax;
  WeightForm weights = WeightForm::Raw;
  double scale = 1.0;  // multiplies every weight (routed_scaling_factor)
  WeightSide side = WeightSide::Output;
  bool bias = false;           // added to the logits
  bool selectionBias = false;  // added to the scores for the choice only (DeepSeek-V3)
  int groups = 1;
  int groupsChosen = 1;
  GroupScore groupScore = GroupScore::Max;
  double sparseMixerJitter = 0.01;
  double logitNorm = 0;           // Skywork: logits over their standard deviation, times this; 0: no
  bool attentionLogits = false;  // Yuan: logits from a small attention of the experts to each other
  // Families that drop choices. The group is the prompt; a single generated token never drops.
  bool dropsChoices = false;
  CapacityRule capacityRule = CapacityRule::OpenmoeTorch;
  double capacityFactor = 1.0;
  int minCapacity = 4;
};

enum class SharedExpert : uint8_t {
  None,
  Summed,   // added beside the routed sum
  Gated,    // times sigmoid(w . x)
  OwnStep,  // a residual step of its own, after the routed sum was added, with its own norm (OpenMoE's extra_mlp)
};

struct LayerConfig {
  bool moe = false;
  bool rope = true;
  int window = 0;       // a token sees itself and window - 1 before it; 0: all
  int chunk = 0;        // attention in blocks of this many positions (Llama 4); 0: no
  int denseHidden = 0;  // neurons of a dense layer's block
};

struct ModelConfig {
  std::string family;        // as in `expertscope models`, for people; engines do not look at it
  std::string architecture;  // as the file says it
  int width = 0;             // D
  int layers = 0;            // L
  int vocabulary = 0;        // V
  int context = 0;           // longest run the positions allow; 0: no limit stated
  int expertHidden = 0;      // H
  int sharedHidden = 0;      // S, 0 without a shared expert
  NormKind norm = NormKind::Rms;
  double normEps = 1e-6;
  double finalNormEps = 0;  // of the norm before the logits; 0: normEps
  bool postNorms = false;  // a norm after attention and after the block as well (Grok-1)
  Activation activation = Activation::SwiGlu;
  SharedExpert shared = SharedExpert::None;
  AttentionConfig attention;
  RouterConfig router;
  // Routed attention (JetMoE): an expert holds a query and an output projection of G heads each, keys and values are
  // shared; A = K * G. experts 0: attention is not routed.
  RouterConfig attentionRouter;
  bool routedBias = false;         // a vector of its own follows the routed sum (JetMoE)
  std::vector<LayerConfig> layer;  // (L)
  bool tiedEmbeddings = false;
  double embeddingScale = 1.0;
  double residualScale = 1.0;  // multiplies what attention and block add to the stream
  // What blocks give is recorded as it enters the stream, multiplied; else before (the references of the two file
  // formats differ in this).
  bool partsAsAdded = false;
  double logitScale = 1.0;  // multiplies the logits
  double finalLogitCap = 0;
  std::vector<int32_t> bos, eos;           // token ids the config names, if any
  std::vector<std::string> disagreements;  // where implementations in the wild differ, for `inspect`

  double lastNormEps() const { return finalNormEps > 0 ? finalNormEps : normEps; }
};

// The largest sizes any model may claim; checked before anything is allocated from a config.
constexpr int kMaxLayers = 1024;
constexpr int kMaxExperts = 4096;
constexpr int kMaxWidth = 1 << 17;
constexpr int kMaxVocabulary = 1 << 24;

}  // namespace core
