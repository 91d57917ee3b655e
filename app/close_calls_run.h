// Close calls from the window: the router of the open model rounded, or another wording run beside, on the engine
// thread. The run that is shown stays; nothing is stored.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/close_calls_view.h"

namespace app {

class CloseCallsRun : public QObject {
  Q_OBJECT

 public:
  explicit CloseCallsRun(Workbench& workbench);

  void round(core::RouterRounding rounding);
  void compare(const QString& paraphrase);
  QString whyNot() const;  // empty: the run that is shown can be looked at
  void cancel();
  bool busy() const { return m_busy; }
  double share() const { return m_share; }
  const std::optional<ui::CloseCallsFound>& found() const { return m_found; }
  const std::shared_ptr<const core::RunInfo>& run() const { return m_run; }
  void put(const std::optional<ui::CloseCallsFound>& found);  // what was found in this run before
  ui::CloseCallsView view(const ui::Phrases& say) const;

 signals:
  void changed();
  void replaced(const std::optional<ui::CloseCallsFound>& before);  // by what is found now
  void failed(const app::Problem& problem);

 private:
  using Look = std::function<core::Result<ui::CloseCallsFound>(RunRoom&, const std::function<bool(double)>&)>;
  void look(const Look& look);
  void followRun();

  Workbench& m_workbench;
  std::shared_ptr<const core::RunInfo> m_run;
  std::optional<ui::CloseCallsFound> m_found;
  bool m_busy = false;
  double m_share = 0;
  int m_serial = 0;
};

}  // namespace app
