// Where the cursor has been, as a browser keeps it: small steps make one place, a jump begins a new one.
#pragma once

#include <QObject>
#include <optional>
#include <vector>

#include "app/workbench.h"

namespace app {

class CursorHistory : public QObject {
  Q_OBJECT

 public:
  explicit CursorHistory(Workbench& workbench);

  bool canGoBack() const { return m_at > 0; }
  bool canGoForward() const { return m_at + 1 < m_places.size(); }
  void back();
  void forward();

 signals:
  void changed();

 private:
  struct Place {
    std::optional<core::RunId> run;
    ui::Cursor cursor;
  };
  void note();
  void go(size_t place);

  Workbench& m_workbench;
  std::vector<Place> m_places;
  size_t m_at = 0;
  bool m_going = false;  // on the way to a place that is in the list already
};

}  // namespace app
