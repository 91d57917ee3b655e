// The routing lab of the window: another policy decided on the run that is shown, in the background, and a table of
// what was tried. The workbench shows the replay; capacity is the workbench's own and lies over either.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/lab_view.h"

namespace app {

class Lab : public QObject {
  Q_OBJECT

 public:
  explicit Lab(Workbench& workbench);
  ~Lab() override;

  // What is asked for; none: the run as recorded. Shown as soon as it is decided.
  const std::optional<core::ReplayOptions>& change() const { return m_asked; }
  // What the replay that is shown was decided by: an earlier one while another is being decided or cannot be.
  const std::optional<core::ReplayOptions>& shown() const { return m_shown; }
  core::Policy policyToEdit() const;
  // Rule and factor of what is asked for are not read: capacity lies over it.
  void setChange(const std::optional<core::ReplayOptions>& change);

  bool busy() const { return m_busy; }
  double share() const { return m_share; }
  const QString& problem() const { return m_problem; }  // why the last one could not be decided
  void cancel();                                        // what is shown stays, and is asked for again

  // A replay in the database, under the run: the policy with the capacity that lies over it.
  void keep(const QString& name);
  QString suggestedName() const;

  ui::LabView view(const ui::Phrases& say) const;
  const std::vector<ui::LabTry>& tries() const { return m_tries; }
  void setWatched(bool watched);  // the table is seen: what is shown is measured though nothing was tried

 signals:
  void changed();
  void kept();
  void failed(const app::Problem& problem);

 private:
  void decide();
  bool isStale() const;
  core::ReplayOptions underCapacity(core::ReplayOptions options) const;
  void arrived(int serial, core::Result<core::Trace> replayed);
  void followRun();
  void measure();
  void put(const ui::LabTry& one);
  void lookBack();
  void store(const core::Trace& replayed, const QString& name, std::optional<core::RunId> parent);
  bool sameTry(const ui::LabTry& a, const ui::LabTry& b) const;

  Workbench& m_workbench;
  std::shared_ptr<const core::RunInfo> m_run;  // that is shown
  std::optional<core::ReplayOptions> m_asked, m_shown;
  core::CapacityOptions m_decidedUnder;  // what lay over it when weights after drops were decided
  std::vector<ui::LabTry> m_tries;
  int m_current = -1;
  std::optional<std::vector<int>> m_sawLater;
  int m_sawLayer = -1;
  QString m_problem;
  bool m_busy = false, m_watched = false;
  double m_share = 0;
  int m_serial = 0, m_measured = 0, m_looked = 0;
  core::ThreadPool m_pool{2};              // used by jobs of m_thread only
  std::unique_ptr<EngineThread> m_thread;  // last, so that it is joined first
};

}  // namespace app
