#include "app/knockout_run.h"

#include <utility>

#include "app/cli/keep_run.h"

namespace app {

KnockoutRun::KnockoutRun(Workbench& workbench) : m_workbench(workbench) {
  connect(&workbench, &Workbench::traceChanged, this, &KnockoutRun::followRun);
  connect(&workbench, &Workbench::modelChanged, this, &KnockoutRun::cancel);
}

QString KnockoutRun::whyNot() const {
  if (m_busy) return tr("Experts are being silenced already.");
  if (m_workbench.recorded().empty()) return tr("Run a prompt first.");
  if (m_workbench.recorded().config().router.experts == 0) return tr("This model has no experts to silence.");
  return m_workbench.whyNotGenerate();
}

// Another run: what was swept over it earlier.
void KnockoutRun::followRun() {
  const core::Trace& recorded = m_workbench.recorded();
  const auto run = recorded.empty() ? nullptr : recorded.sharedInfo();
  if (run == m_run && m_workbench.runId() == m_id) return;
  const bool other = run != m_run;
  m_run = run;
  m_id = m_workbench.runId();
  if (other) {
    m_sweeps.clear();
    m_current = -1;
    m_remark.clear();
  }
  emit changed();
  if (!m_id) return;
  m_workbench.askStore("knockouts", this, [this, id = *m_id](core::SessionStore& store) -> Workbench::Answer {
    auto found = store.knockouts(id);
    if (!found || found->empty()) return {};
    return [this, id, found = std::move(*found)] {
      if (m_id != id || !m_sweeps.empty()) return;
      m_sweeps = found;
      m_current = static_cast<int>(m_sweeps.size()) - 1;
      emit changed();
    };
  });
}

void KnockoutRun::choose(int sweep) {
  if (sweep < -1 || sweep >= static_cast<int>(m_sweeps.size()) || sweep == m_current) return;
  m_current = sweep;
  emit changed();
}

void KnockoutRun::run(const core::KnockoutRequest& request) {
  if (const QString why = whyNot(); !why.isEmpty()) {
    emit m_workbench.noted(why);
    return;
  }
  const core::Trace record = m_workbench.recorded();
  const bool standing = m_workbench.runStands();
  const auto row = m_workbench.runId();
  const bool keep = row && !m_workbench.readOnly() && !m_workbench.isRemoved(*row);
  m_busy = true;
  m_share = 0;
  m_remark.clear();
  emit changed();
  const auto progress = [this](double share) {
    QMetaObject::invokeMethod(this, [this, share] {
      if (!m_busy || share < m_share + 0.005) return;
      m_share = share;
      emit changed();
    });
  };
  m_workbench.askEngine("knockout", this,
                        [=, this, serial = ++m_serial](RunRoom& room, core::SessionStore* store,
                                                       const CancelToken& token) -> Workbench::Answer {
                          std::string remark;
                          const auto knockout = room.knockOut(record, standing, request, token, progress, remark);
                          core::StoredKnockout sweep;
                          std::optional<core::Error> notKept;
                          if (knockout) {
                            sweep = storedKnockout(request, *knockout,
                                                   remark.empty() ? record.info().engine.engine : "cpu");
                            if (keep && store) {
                              sweep.run = *row;
                              if (const auto kept = store->addKnockout(sweep); !kept) notKept = kept.error();
                            }
                          }
                          return [=, this] {
                            if (serial != m_serial) return;
                            m_busy = false;
                            m_remark = QString::fromStdString(remark);
                            if (notKept) emit failed(makeProblem(tr("The knock-out was not kept."), *notKept));
                            if (knockout) {
                              receive(record.sharedInfo(), sweep);
                            } else if (!knockout.error().cancelled) {
                              emit failed(makeProblem(tr("The experts could not be silenced."), knockout.error()));
                            }
                            emit changed();
                          };
                        });
}

// Also what was swept until it was cancelled; it says so.
void KnockoutRun::receive(const std::shared_ptr<const core::RunInfo>& run, const core::StoredKnockout& sweep) {
  if (run != m_run || sweep.effects.empty()) return;
  m_sweeps.push_back(sweep);
  const int before = std::exchange(m_current, static_cast<int>(m_sweeps.size()) - 1);
  emit swept(before, m_current);
}

void KnockoutRun::cancel() {
  if (m_busy) m_workbench.cancelJob("knockout");
}

ui::KnockoutView KnockoutRun::view(const ui::Phrases& say) const {
  const core::StoredKnockout* sweep = m_current >= 0 ? &m_sweeps[static_cast<size_t>(m_current)] : nullptr;
  return ui::makeKnockoutView(sweep, m_workbench.source().ofBlock(), m_workbench.cursor(), say);
}

}  // namespace app
