// The run that the shown one is compared with: another stored run, or the same tokens on the other device.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/compare_view.h"

namespace app {

class SecondRun : public QObject {
  Q_OBJECT

 public:
  explicit SecondRun(Workbench& workbench);
  ~SecondRun() override;

  bool empty() const { return m_source.trace.empty(); }
  const core::Trace& trace() const { return m_source.trace; }
  std::optional<core::RunId> id() const { return m_id; }
  const QString& name() const { return m_name; }
  const QString& verdict() const { return m_verdict; }  // of the comparison of devices; empty otherwise
  bool busy() const { return m_busy; }
  double share() const { return m_share; }  // of the run on the other device that is done

  void choose(core::RunId id);
  void show(const core::Trace& trace, const QString& name, std::optional<core::RunId> id);  // that is at hand already
  // Repeats the shown run on the other kind of device: the GPU for a run of the CPU, and the other way round.
  void compareDevices();
  void cancel();
  void clear();

  // The comparison at the workbench's cursor. Where comparing the runs takes longer than a frame may, the second form
  // says so, has it done in the background, and changed() follows.
  ui::CompareView view(const ui::Phrases& say) const;
  ui::CompareView viewSoon(const ui::Phrases& say);
  ui::Cursor parting() const;  // where the routing parts first

 signals:
  void changed();
  void failed(const app::Problem& problem);

 private:
  void repeatOn(const std::string& device);
  void show(const core::Trace& trace, const QString& name);
  const ui::ViewSource& shown() const;  // the second run by the router that is shown
  void compareSoon(const core::Trace& a, const core::Trace& b);

  Workbench& m_workbench;
  ui::ViewSource m_source;
  std::optional<core::RunId> m_id;
  QString m_name, m_verdict;
  std::shared_ptr<const core::RunInfo> m_comparedTo;  // the verdict is about this run
  bool m_busy = false;
  double m_share = 0;
  int m_serial = 0;
  mutable ui::CompareMemo m_memo;
  mutable ui::ViewSource m_attention;  // m_source by its attention router, while that is shown
  // What is being compared in the background; both empty: nothing.
  core::Trace m_comparedA, m_comparedB;
  std::unique_ptr<EngineThread> m_thread;  // last, so that it is joined first
};

}  // namespace app
