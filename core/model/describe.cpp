#include "core/model/describe.h"

#include <algorithm>

namespace core {
namespace {

std::string scoring(const RouterConfig& router) {
  switch (router.score) {
    case ScoreFunction::Softmax:
      return fmt::format("softmax over {} experts", router.experts);
    case ScoreFunction::Sigmoid:
      return fmt::format("sigmoid of each of {} experts' logits", router.experts);
    case ScoreFunction::None:
      return fmt::format("the logits of {} experts as they are", router.experts);
    case ScoreFunction::SparseMixer:
      return fmt::format("sparse mixer over {} experts", router.experts);
  }
  return "";
}

// Where the choice is made on something else than scores or logits.
std::string selecting(const RouterConfig& router) {
  std::string text;
  if (router.selectionBias) text += ", chosen by score plus a learned bias";
  if (router.groups > 1) {
    text +=
        fmt::format(", within {} of {} groups (by {})", router.groupsChosen, router.groups,
                    router.groupScore == GroupScore::Max ? "their best expert" : "the sum of their two best experts");
  }
  return text;
}

std::string weighting(const RouterConfig& router) {
  std::string text;
  switch (router.weights) {
    case WeightForm::Raw:
      text = "weights as scored (they need not sum to 1)";
      break;
    case WeightForm::Renorm:
      text = "weights divided by their sum";
      break;
    case WeightForm::SoftmaxTopK:
      text = "weights by softmax over the chosen logits";
      break;
    case WeightForm::Sigmoid:
      text = "weights by sigmoid";
      break;
    case WeightForm::SigmoidRenorm:
      text = "weights by sigmoid, divided by their sum";
      break;
    case WeightForm::DoubleSoftmax:
      text = "weights by softmax over the chosen scores";
      break;
  }
  if (router.scale != 1) text += fmt::format(", times {}", router.scale);
  return text;
}

std::string rotation(const RopeConfig& rope) {
  std::string text = fmt::format("rotation of {} dimensions, base {}", rope.dimensions, rope.theta);
  if (rope.offset > 0) text += fmt::format(", behind the first {} of a head", rope.offset);
  switch (rope.scaling) {
    case RopeScaling::None:
      return text;
    case RopeScaling::Linear:
      return text + fmt::format(", positions divided by {}", rope.factor);
    case RopeScaling::Dynamic:
      return text + fmt::format(", base grown past {} positions by factor {}", rope.originalContext, rope.factor);
    case RopeScaling::Yarn:
      return text + fmt::format(", yarn by {} from {} positions", rope.factor, rope.originalContext);
    case RopeScaling::Llama3:
      return text + fmt::format(", llama3 scaling by {} from {} positions", rope.factor, rope.originalContext);
    case RopeScaling::LongRope:
      return text + fmt::format(", longrope factors, long ones past {} positions", rope.originalContext);
  }
  return text;
}

std::string attending(const AttentionConfig& attention) {
  std::string text = fmt::format("{} heads of {}", attention.heads, attention.headDim);
  const LatentAttention& latent = attention.latent;
  if (latent.keyValueRank > 0) {
    text += fmt::format(", values of {}, keys and values by way of a latent of {} and a key part of {} that all share",
                        latent.valueDim, latent.keyValueRank, latent.ropeDim);
    if (latent.queryRank > 0) text += fmt::format(", queries by way of {}", latent.queryRank);
  }
  if (attention.keyValueHeads != attention.heads)
    text += fmt::format(" over {} key/value heads", attention.keyValueHeads);
  text += attention.scale == 1 ? ", logits not scaled" : fmt::format(", logits times {:.6g}", attention.scale);
  if (attention.qkNorm == QkNorm::FullWidth) text += ", queries and keys normed over their full width";
  if (attention.qkNorm == QkNorm::PerHead) text += ", queries and keys normed by head";
  if (attention.qkNorm == QkNorm::Weightless) text += ", queries and keys normed without a weight where they turn";
  if (attention.tiledKeyValues) text += ", repeated as a whole";
  if (attention.localFilter) text += ", queries and keys from an input filtered by two convolutions over token pairs";
  if (attention.clipQkv > 0) text += fmt::format(", q, k and v clipped to {}", attention.clipQkv);
  if (attention.logitCap > 0) text += fmt::format(", capped by {0} tanh(logit / {0})", attention.logitCap);
  if (attention.sinks) text += ", a sink for each head";
  if (attention.temperatureScale > 0) {
    text += fmt::format(", queries without rotation times 1 + {} ln(1 + floor((position + 1) / {}))",
                        attention.temperatureScale, attention.temperatureFloor);
  }
  return text;
}

std::string gating(Activation activation) {
  switch (activation) {
    case Activation::SwiGlu:
      return "silu(gate) * up";
    case Activation::GeGluTanh:
      return "gelu(gate) * up, tanh form";
    case Activation::TripleSwiGlu:
      return "a * silu(b) * up, where (a; b) is the gate";
    case Activation::ClampedSwiGlu:
      return "clamped gate * sigmoid(1.702 gate) * (up + 1)";
  }
  return "";
}

std::string sharing(const ModelConfig& config) {
  switch (config.shared) {
    case SharedExpert::None:
      return "";
    case SharedExpert::Summed:
      return "added beside the routed sum";
    case SharedExpert::Gated:
      return "added beside the routed sum, times a sigmoid gate of its own";
    case SharedExpert::OwnStep:
      return "a residual step of its own after the routed sum, with its own norm";
  }
  return "";
}

int64_t count(const Linear& linear) {
  return (linear.weight ? linear.weight.elements() : 0) + (linear.bias ? linear.bias.elements() : 0);
}
int64_t count(const Norm& norm) {
  return (norm.weight ? norm.weight.elements() : 0) + (norm.bias ? norm.bias.elements() : 0);
}
int64_t count(const Mlp& mlp) { return count(mlp.gate) + count(mlp.up) + count(mlp.down); }
int64_t count(const Tensor& tensor) { return tensor ? tensor.elements() : 0; }

}  // namespace

std::vector<std::string> describeRun(const ModelConfig& config) {
  std::vector<std::string> lines;
  const RouterConfig& router = config.router;
  lines.push_back("attention: " + attending(config.attention));
  lines.push_back("positions: " + rotation(config.attention.rope));
  lines.push_back(fmt::format("cache: {} bytes a token, a key and a value of every {} in 32 bits",
                              cacheBytesPerToken(config),
                              config.attention.keyValueHeads == config.attention.heads ? "head" : "key/value head"));
  const RouterConfig& routed = config.attentionRouter;
  if (routed.experts > 0) {
    lines.push_back(
        fmt::format("attention router: {}, the best {} give queries and outputs, {}; keys and values are shared",
                    scoring(routed), routed.chosen, weighting(routed)));
  }
  lines.push_back("block: " + gating(config.activation));
  if (std::any_of(config.layer.begin(), config.layer.end(), [](const LayerConfig& layer) { return layer.moe; })) {
    std::string_view normed = router.logitNorm > 0 ? ", each token's logits brought to one spread" : "";
    if (router.attentionLogits) normed = " that attended to each other";
    const std::string_view side = router.side == WeightSide::Input ? ", on the expert's input" : "";
    lines.push_back(fmt::format("router: {}{}, the best {}{}, {}{}", scoring(router), normed, router.chosen,
                                selecting(router), weighting(router), side));
    lines.push_back(router.dropsChoices
                        ? fmt::format("capacity: rule {}, factor {}, at least {}; choices past it are dropped",
                                      capacityRuleName(router.capacityRule), router.capacityFactor, router.minCapacity)
                        : std::string("capacity: none; every choice is served"));
    if (config.shared != SharedExpert::None) lines.push_back("shared expert: " + sharing(config));
    if (config.routedBias)
      lines.push_back("bias: one after the routed sum; it is no expert's, the ledger calls it remainder");
  }
  if (config.norm == NormKind::Layer) lines.push_back("norms: layer norms, the mean removed and a bias added");
  if (config.postNorms) lines.push_back("norms: after attention and after the block as well");
  if (config.embeddingScale != 1 || config.residualScale != 1 || config.logitScale != 1) {
    lines.push_back(fmt::format("multipliers: embedding {:.6g}, what is added to the stream {:.6g}, logits {:.6g}",
                                config.embeddingScale, config.residualScale, config.logitScale));
  }
  lines.push_back(config.tiedEmbeddings ? "output: the embedding, transposed" : "output: a matrix of its own");
  return lines;
}

std::string describeLayer(const ModelConfig& config, int layer) {
  const LayerConfig& row = config.layer[static_cast<size_t>(layer)];
  std::string text = row.moe ? fmt::format("{} experts of {} neurons, {} chosen", config.router.experts,
                                           config.expertHidden, config.router.chosen)
                             : fmt::format("dense, {} neurons", row.denseHidden);
  if (row.moe && config.shared != SharedExpert::None) text += fmt::format("; shared expert of {}", config.sharedHidden);
  if (row.window > 0) text += fmt::format("; window {}", row.window);
  if (row.chunk > 0) text += fmt::format("; chunks of {}", row.chunk);
  if (!row.rope) text += "; no rotation";
  return text;
}

int64_t cacheBytesPerToken(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention;
  const int64_t filtered = attention.localFilter ? config.width : 0;  // inputs that the filter looks back at
  const int64_t keyValue = int64_t{attention.keyValueHeads} * (attention.headDim + attention.valueDim());
  return 4 * config.layers * (keyValue + filtered);
}

ParameterCount countParameters(const Model& model) {
  const Weights& weights = model.weights;
  ParameterCount sum;
  sum.active = count(weights.embedding) + count(weights.finalNorm);
  const bool tied = weights.output.weight.data == weights.embedding.data;
  sum.active += tied ? count(weights.output.bias) : count(weights.output);
  int64_t idle = 0;
  for (const LayerWeights& layer : weights.layer) {
    for (const Norm* norm :
         {&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.blockNorm, &layer.attentionPostNorm,
          &layer.blockPostNorm, &layer.sharedNorm, &layer.queryDownNorm, &layer.keyValueDownNorm, &layer.filterNorm}) {
      sum.active += count(*norm);
    }
    for (const Linear* linear :
         {&layer.query, &layer.key, &layer.value, &layer.output, &layer.router, &layer.sharedGate, &layer.queryDown,
          &layer.keyValueDown, &layer.sharedKey, &layer.keyValueUp, &layer.routerKey, &layer.routerValue,
          &layer.filterFirst, &layer.filterSecond, &layer.attentionRouter}) {
      sum.active += count(*linear);
    }
    for (size_t e = 0; e < layer.attentionQueries.size(); ++e) {
      const bool counted = e < static_cast<size_t>(model.config.attentionRouter.chosen);
      (counted ? sum.active : idle) += count(layer.attentionQueries[e]) + count(layer.attentionOutputs[e]);
    }
    sum.active += count(layer.routedBias) + count(layer.sinks) + count(layer.selectionBias) + count(layer.shared) +
                  count(layer.dense);
    for (size_t e = 0; e < layer.experts.size(); ++e) {
      const bool counted = e < static_cast<size_t>(model.config.router.chosen);  // experts of a layer have one size
      (counted ? sum.active : idle) += count(layer.experts[e]);
    }
  }
  sum.total = sum.active + idle;
  return sum;
}

}  // namespace core
