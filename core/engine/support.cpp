#include "core/engine/support.h"

namespace core {

Status engineSupports(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention;
  const RouterConfig& router = config.router;
  const auto refuse = [&](std::string_view what) -> Status {
    return fail("{} models are not run yet: this one has {}", config.family, what);
  };
  if (attention.latent.keyValueRank > 0) return refuse("latent attention");
  if (config.finalLogitCap > 0) return refuse("capped logits");
  if (attention.tiledKeyValues) return refuse("tiled key/value heads");
  if (config.norm != NormKind::Rms) return refuse("layer norms with a mean");
  if (config.postNorms && (config.shared != SharedExpert::None || config.residualScale != 1)) {
    return refuse("norms after its blocks together with a shared expert or a residual multiplier");
  }
  if (router.experts > 0) {
    if (router.score != ScoreFunction::Softmax && router.score != ScoreFunction::None) {
      return refuse("a router whose scores are not a softmax");
    }
    if (router.score == ScoreFunction::None && router.weights != WeightForm::SoftmaxTopK &&
        router.weights != WeightForm::Sigmoid) {
      return refuse("weights that need scores, but a router without any");
    }
    if (router.selectionBias || router.groups > 1) return refuse("a selection bias or expert groups");
    if (router.attentionRouter) return refuse("an attention router");
    if (router.weights != WeightForm::Raw && router.weights != WeightForm::Renorm &&
        router.weights != WeightForm::SoftmaxTopK && router.weights != WeightForm::Sigmoid) {
      return refuse("weights by a sum of sigmoids or by two softmaxes");
    }
  }
  return {};
}

}  // namespace core
