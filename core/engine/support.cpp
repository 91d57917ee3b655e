#include "core/engine/support.h"

#include <algorithm>

namespace core {

Status engineSupports(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention;
  const RouterConfig& router = config.router;
  const auto refuse = [&](std::string_view what) -> Status {
    return fail("{} models are not run yet: this one has {}", config.family, what);
  };
  if (attention.latent.keyValueRank > 0) return refuse("latent attention");
  if (attention.sinks) return refuse("attention sinks");
  if (attention.logitCap > 0 || config.finalLogitCap > 0) return refuse("capped logits");
  if (attention.tiledKeyValues) return refuse("tiled key/value heads");
  if (attention.qkNorm == QkNorm::Weightless) return refuse("weightless query and key norms");
  if (config.norm != NormKind::Rms) return refuse("layer norms with a mean");
  if (config.postNorms) return refuse("norms after its blocks");
  if (std::any_of(config.layer.begin(), config.layer.end(),
                  [](const LayerConfig& l) { return l.chunk > 0 || !l.rope; })) {
    return refuse("layers without rotary embedding or with chunked attention");
  }
  if (router.experts > 0) {
    if (router.score != ScoreFunction::Softmax && router.score != ScoreFunction::None) {
      return refuse("a router whose scores are not a softmax");
    }
    if (router.score == ScoreFunction::None && router.weights != WeightForm::SoftmaxTopK) {
      return refuse("weights that need scores, but a router without any");
    }
    if (router.selectionBias || router.groups > 1) return refuse("a selection bias or expert groups");
    if (router.attentionRouter) return refuse("an attention router");
    if (router.weights != WeightForm::Raw && router.weights != WeightForm::Renorm &&
        router.weights != WeightForm::SoftmaxTopK) {
      return refuse("weights that are not softmax values");
    }
  }
  return {};
}

}  // namespace core
