// Closed loop from the window: the run that is shown, done again on its model with the routing changed. One at a time,
// on the engine thread; the changed run is kept under its run and compared with it.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "core/engine/intervened_run.h"
#include "core/engine/intervention.h"
#include "ui/views/effect_view.h"

namespace app {

class ChangedRun : public QObject {
  Q_OBJECT

 public:
  explicit ChangedRun(Workbench& workbench);

  // Followed in the predictions: a token, and one it stands against.
  struct Followed {
    std::optional<int32_t> target, distractor;
  };
  void run(std::vector<core::Intervention> list, const Followed& followed);
  QString whyNot() const;  // empty: the run that is shown can be done again
  void cancel();

  bool busy() const { return m_busy; }
  double share() const { return m_share; }
  bool empty() const { return !m_run; }
  const QString& remark() const { return m_remark; }
  const std::shared_ptr<const core::IntervenedRun>& result() const { return m_run; }
  // What is shown as the last one, and puts an earlier one back.
  struct Result {
    std::shared_ptr<const core::IntervenedRun> run;
    QString remark;
  };
  Result last() const { return {m_run, m_remark}; }
  const Result& before() const { return m_before; }  // the last one
  void put(const Result& result);
  ui::EffectView view(const ui::Phrases& say) const;

 signals:
  void changed();
  void finished(std::optional<core::RunId> row, const core::Trace& trace, const QString& name);
  void failed(const app::Problem& problem);

 private:
  void receive(const Intervened& done, const QString& name);

  Workbench& m_workbench;
  std::shared_ptr<const core::IntervenedRun> m_run;
  QString m_remark;
  Result m_before;
  bool m_busy = false;
  double m_share = 0;
  int m_serial = 0;
};

}  // namespace app
