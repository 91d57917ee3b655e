#include "app/push_lens.h"

#include "app/lab.h"

namespace app {

PushLens::PushLens(Workbench& workbench, const Lab& lab)
    : m_workbench(workbench), m_lab(lab), m_thread(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  connect(&workbench, &Workbench::traceChanged, this, &PushLens::follow);
  connect(&workbench, &Workbench::cursorMoved, this, [this] {
    if (isThere()) return emit changed();
    follow();
  });
}

PushLens::~PushLens() { m_thread.reset(); }

void PushLens::setWatched(bool watched) {
  m_watched = watched;
  if (watched && !isThere()) follow();
}

// A trace that capacity is laid over anew has an info of its own: the same choices, pushed the same way.
bool PushLens::isThere() const {
  const core::Trace& trace = m_workbench.source().ofBlock().trace;
  return !trace.empty() && m_run == trace.sharedInfo() && m_length == trace.length() &&
         m_pushes.layer == m_workbench.cursor().layer;
}

void PushLens::follow() {
  const core::Trace& trace = m_workbench.source().ofBlock().trace;
  ++m_serial;
  if (!m_watched || trace.empty() || isThere()) return emit changed();
  const int layer = m_workbench.cursor().layer;
  if (!m_workbench.source().ofBlock().routed(layer)) return emit changed();
  m_thread->post("push", [this, trace, layer, serial = m_serial](const CancelToken& token) {
    if (token.cancelled()) return;
    ui::LayerPushes pushes;
    pushes.layer = layer;
    auto all = core::pushesOf(trace, layer);
    if (all) {
      pushes.all = std::move(*all);
    } else {
      pushes.whyNot = all.error().message;
    }
    QMetaObject::invokeMethod(
        this,
        [this, serial, run = trace.sharedInfo(), length = trace.length(), pushes = std::move(pushes)]() mutable {
          if (serial != m_serial) return;
          m_pushes = std::move(pushes);
          m_run = run;
          m_length = length;
          emit changed();
        },
        Qt::QueuedConnection);
  });
  emit changed();
}

// What the lab tries it knows whole; of a kept replay only what the trace says.
core::Result<core::Policy> PushLens::policy() const {
  if (m_workbench.replayIsShown() && m_lab.shown()) return m_lab.shown()->policy;
  return core::policyBehind(m_workbench.source().ofBlock().trace);
}

ui::PushView PushLens::view(const ui::Phrases& say) const {
  const ui::ViewSource& source = m_workbench.source().ofBlock();
  if (source.empty()) return ui::makePushView(source, {}, core::Policy{}, m_workbench.cursor(), say);
  const ui::LayerPushes none;
  return ui::makePushView(source, isThere() ? m_pushes : none, policy(), m_workbench.cursor(), say);
}

}  // namespace app
