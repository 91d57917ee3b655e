#include "core/engine/support.h"

namespace core {

Status engineSupports(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention;
  const RouterConfig& router = config.router;
  const auto refuse = [&](std::string_view what) -> Status {
    return fail("{} models are not run yet: this one has {}", config.family, what);
  };
  if (config.finalLogitCap > 0) return refuse("capped logits");
  if (attention.latent.keyValueRank > 0 && (attention.qkNorm != QkNorm::None || attention.clipQkv > 0)) {
    return refuse("latent attention together with norms or limits of queries and keys");
  }
  if (config.norm != NormKind::Rms && config.postNorms) return refuse("layer norms after its blocks");
  if (config.postNorms && (config.shared != SharedExpert::None || config.residualScale != 1)) {
    return refuse("norms after its blocks together with a shared expert or a residual multiplier");
  }
  const RouterConfig& routed = config.attentionRouter;
  if (routed.experts > 0) {
    if (routed.score != ScoreFunction::None || routed.weights != WeightForm::SoftmaxTopK || routed.logitNorm > 0 ||
        routed.dropsChoices || routed.attentionLogits || routed.side != WeightSide::Output) {
      return refuse("routed attention that does more than weigh by a softmax over the chosen logits");
    }
    if (config.residualScale != 1 || config.postNorms) return refuse("routed attention whose output is scaled or normed");
  }
  if (router.experts > 0) {
    using enum WeightForm;
    const bool scored = router.score == ScoreFunction::Softmax || router.score == ScoreFunction::Sigmoid;
    if (router.score == ScoreFunction::SparseMixer && (router.chosen != 2 || router.logitNorm > 0)) {
      return refuse("a sparse mixer that does not choose two experts by their logits");
    }
    if (router.score == ScoreFunction::None && router.weights != SoftmaxTopK && router.weights != Sigmoid) {
      return refuse("weights that need scores, but a router without any");
    }
    if (router.score == ScoreFunction::Sigmoid && router.weights != Sigmoid && router.weights != SigmoidRenorm) {
      return refuse("weights by a softmax of sigmoid scores");
    }
    if (router.score != ScoreFunction::Sigmoid && router.weights == SigmoidRenorm) {
      return refuse("weights by a sum of sigmoids that are not its scores");
    }
    if (!scored && (router.selectionBias || router.groups > 1)) {
      return refuse("a selection bias or expert groups, but no scores");
    }
    if (router.weights == DoubleSoftmax) return refuse("weights by two softmaxes");
  }
  return {};
}

}  // namespace core
