// Turns an engine's raw tensors into a Trace: margins, entropies, surprisal, the ledger and each part's push on the
// next token's logit, the same way for both devices.
//
// The push of a part on the logit of token v is part . (g * U[v]) * logitScale / rms(x_L), where x_L is the residual
// stream after the last layer, g the final norm's weight and U the output matrix: the logit is linear in the parts once
// the norm's scale is held. x_L and the next token are known only when the layers are done, so the parts of a call are
// kept on a tape until then. Callers cut prompts into calls of tokensPerCall() tokens, which bounds the tape. A family
// that must run its prompt as one group may need more: then no tape is kept, needsEffectPass() is true after the call,
// and the caller runs the same ids once more, on a fresh context, into effectPass().
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/base/lazy_floats.h"
#include "core/base/thread_pool.h"
#include "core/engine/intervention.h"
#include "core/engine/kernels/kernels.h"
#include "core/trace/trace.h"

namespace core {

// What the rows need is worked out on the engine's resting threads (`pool`, null: on the caller's). `spare`: where
// memory for the tape comes from and goes to, or null.
class Recorder : public TensorSink {
 public:
  using Publish = std::function<void()>;  // there is something new in trace()

  static constexpr int64_t kTapeBytes = int64_t{64} << 20;

  Recorder(std::shared_ptr<const Model> model, std::shared_ptr<const RunInfo> info, Publish publish = {},
           int64_t tapeBytes = kTapeBytes, ThreadPool* pool = nullptr, SpareFloats* spare = nullptr);
  ~Recorder() override;

  // What was recorded up to here by another recorder with the same info: rows go on behind it. Before the first call.
  void resume(Trace trace);

  // What is run from now on is a prefix of these ids; called before the first forward call. `texts` as in Trace.
  void setIds(std::vector<int32_t> ids, std::vector<std::string> texts);
  void append(int32_t id, std::string text);  // one more

  // Rows [firstToken, firstToken + tokens) will come in the next forward call. Rows that are recorded already (a call
  // that was cancelled and is made again) are not recorded twice.
  void beginCall(int firstToken, int tokens);
  Status layer(const LayerTensors& rows) override;
  Status layer(const LayerTensors& rows, std::span<const ChangedChoice> changed);  // some rows' choice was not the router's
  Status logits(const LogitsTensors& rows) override;
  void endCall();

  bool needsEffectPass() const;
  TensorSink& effectPass();  // valid until finishEffectPass
  void finishEffectPass();

  const RunInfo& info() const { return m_trace.info(); }
  const Trace& trace();                                                  // with the ids that are known by now
  const std::vector<float>& lastLogits() const { return m_lastLogits; }  // (V) of the last row that came

  // Most tokens of one forward call so that the tape stays within its bound; at least 1.
  static int tokensPerCall(const ModelConfig& config, Capture capture, int64_t tapeBytes = kTapeBytes);

 private:
  struct Effects;

  void publish() const;
  void extend(Block block);  // unless it is recorded already
  void knowMore();           // the ids have grown
  void settleLastSurprisal();

  std::shared_ptr<const Model> m_model;
  Trace m_trace;  // its ids may be fewer than m_ids
  std::vector<int32_t> m_ids;
  std::vector<std::string> m_texts;
  Publish m_publish;
  ThreadPool* m_pool;
  SpareFloats* m_spare;
  const kernels::Table* m_kernels;
  std::vector<float> m_lastLogits;  // (V)
  double m_lastLogSum = 0;          // of m_lastLogits
  int64_t m_tapeBytes;
  std::unique_ptr<Effects> m_effects;
};

}  // namespace core
