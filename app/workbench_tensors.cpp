// The tensors of a run that kept less: they are not stored unless one asks for it, since the same ids on the same
// engine give the same again.
#include "app/workbench.h"
#include "core/model/cost.h"

namespace app {
namespace {

// Tokens at which two runs of the same ids chose differently, in any layer.
int choicesApart(const core::Trace& a, const core::Trace& b) {
  int apart = 0;
  for (int token = 0; token < a.length(); ++token) {
    for (int layer = 0; layer < a.config().layers; ++layer) {
      const auto one = a.ints(core::Hook::RouterIds, layer, token), other = b.ints(core::Hook::RouterIds, layer, token);
      if (std::equal(one.begin(), one.end(), other.begin(), other.end())) continue;
      ++apart;
      break;
    }
  }
  return apart;
}

}  // namespace

void Workbench::computeTensors() {
  if (const QString why = whyNotGenerate(); !why.isEmpty()) {
    emit noted(why);
    return;
  }
  if (m_recorded.has(core::Hook::Out) || m_recorded.has(core::Hook::Embeddings)) {
    emit noted(tr("This run holds every tensor already."));
    return;
  }
  beginActivity(Activity::Computing);
  RunEvents events;
  events.progress = makeEvents(m_serial).progress;
  m_engine->post("run", [this, record = m_recorded, serial = m_serial, events](const CancelToken& token) {
    const RunEnded ended = m_room->computeTensors(record, token, events);
    later([this, serial, ended] { showTensors(serial, ended); });
  });
}

void Workbench::showTensors(int serial, const RunEnded& ended) {
  if (serial != m_serial) return;
  setActivity(Activity::Idle);
  if (ended.error) {
    if (!ended.error->cancelled) emit failed(makeProblem(tr("The tensors were not computed."), *ended.error));
    return;
  }
  if (ended.cancelled || ended.trace.length() != m_recorded.length()) {
    emit noted(tr("Stopped: the run is as it was."));
    return;
  }
  if (const int apart = choicesApart(m_recorded, ended.trace); apart > 0) {
    emit noted(tr("At %1 tokens this engine chooses otherwise than the one that made the run; it is shown as it was. "
                  "Run, Device has the others.")
                   .arg(apart));
    return;
  }
  // It says which engine computed it; what was laid over the run and its place in the store stay.
  showTrace(ended.trace);
  const int64_t bytes = core::fullTensorBytes(m_recorded.config(), m_recorded.length());
  emit noted(tr("Every tensor is here: %1, until another run is shown. Inspector and Export have them.")
                 .arg(QString::fromStdString(core::bytesText(static_cast<uint64_t>(bytes)))));
}

}  // namespace app
