#include "app/close_calls_run.h"

#include <utility>

namespace app {
namespace {

constexpr int kThreads = 2;

}  // namespace

CloseCallsRun::CloseCallsRun(Workbench& workbench) : m_workbench(workbench) {
  connect(&workbench, &Workbench::traceChanged, this, &CloseCallsRun::followRun);
  connect(&workbench, &Workbench::modelChanged, this, &CloseCallsRun::cancel);
}

void CloseCallsRun::followRun() {
  const core::Trace& recorded = m_workbench.recorded();
  const auto run = recorded.empty() ? nullptr : recorded.sharedInfo();
  if (run == m_run) return;
  m_run = run;
  cancel();
  m_found.reset();
  emit changed();
}

QString CloseCallsRun::whyNot() const {
  if (m_busy) return tr("It is being looked for already.");
  if (m_workbench.recorded().empty()) return tr("Run a prompt first.");
  if (m_workbench.recorded().config().router.experts == 0) return tr("This model has no router.");
  return m_workbench.whyNotGenerate();
}

void CloseCallsRun::round(core::RouterRounding rounding) {
  look([rounding, model = m_workbench.model(), record = m_workbench.recorded()](
           RunRoom&, const std::function<bool(double)>& progress) -> core::Result<ui::CloseCallsFound> {
    ui::CloseCallsFound found;
    found.rounding = rounding;
    TRY_ASSIGN(found.calls, core::closeCalls(model, record, rounding, kThreads, progress));
    return found;
  });
}

void CloseCallsRun::compare(const QString& paraphrase) {
  look([text = paraphrase.toStdString(), record = m_workbench.recorded()](
           RunRoom& room, const std::function<bool(double)>& progress) -> core::Result<ui::CloseCallsFound> {
    TRY_ASSIGN(const core::Trace beside, room.runBeside(text, record.info(), progress));
    return ui::callsBeside(record, beside);
  });
}

void CloseCallsRun::look(const Look& look) {
  if (const QString why = whyNot(); !why.isEmpty()) {
    emit m_workbench.noted(why);
    return;
  }
  m_busy = true;
  m_share = 0;
  emit changed();
  const auto told = [this](double share) {
    QMetaObject::invokeMethod(this, [this, share] {
      if (!m_busy || share < m_share + 0.02) return;
      m_share = share;
      emit changed();
    });
  };
  m_workbench.askEngine("close", this,
                        [this, look, told, run = m_run, serial = ++m_serial](
                            RunRoom& room, core::SessionStore*, const CancelToken& token) -> Workbench::Answer {
                          const auto found = look(room, [&](double done) {
                            told(done);
                            return !token.cancelled();
                          });
                          return [this, found, run, serial] {
                            if (serial != m_serial) return;
                            m_busy = false;
                            if (found && run == m_run) {
                              const auto before = std::exchange(m_found, *found);
                              emit replaced(before);
                            }
                            if (!found && !found.error().cancelled)
                              emit failed(makeProblem(tr("Close calls could not be looked for."), found.error()));
                            emit changed();
                          };
                        });
}

void CloseCallsRun::put(const std::optional<ui::CloseCallsFound>& found) {
  m_found = found;
  emit changed();
}

void CloseCallsRun::cancel() {
  if (m_busy) m_workbench.cancelJob("close");
}

ui::CloseCallsView CloseCallsRun::view(const ui::Phrases& say) const {
  return ui::makeCloseCallsView(m_found ? &*m_found : nullptr, m_workbench.source().ofBlock(), say);
}

}  // namespace app
