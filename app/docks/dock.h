// A dock in the look of the instruments: a flat title with the panel's name, a subtitle, and a button that hides it.
#pragma once

#include <QDockWidget>

class QLabel;
class QVBoxLayout;

namespace app {

class Dock : public QDockWidget {
  Q_OBJECT

 public:
  void setVisible(bool visible) override;

  Dock(const QString& name, const QString& objectName, QWidget* parent);

  void hideTitle();       // for what draws titles of its own
  void useSystemTitle();  // with the buttons to float and close, and the system's frame while floating
  void setSubtitle(const QString& text);
  // The body's layout, without margins; a dock adds what it shows.
  QVBoxLayout* body() const { return m_body; }
  // What stands at the right of the title.
  void addTitleWidget(QWidget* widget);

 private:
  QLabel* m_subtitle = nullptr;
  QVBoxLayout* m_body = nullptr;
  QWidget* m_title = nullptr;
};

}  // namespace app
