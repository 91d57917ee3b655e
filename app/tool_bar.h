// Step buttons, the token, layer and expert fields, Generate, and what is looked at. A plain row below the menu: Qt's
// own tool bars put margins of the style around their items, and the look says how high this one is.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/theme.h"

class QHBoxLayout;
class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace app {

class NumberField;
class Workbench;

class ToolBar : public QWidget {
  Q_OBJECT

 public:
  ToolBar(Workbench& workbench, QWidget* parent);
  void setTheme(const ui::Theme& theme);  // draws the arrows anew

 protected:
  void resizeEvent(QResizeEvent* event) override;

 signals:
  void commandsAsked();  // the field at the right

 private:
  QToolButton* addStep(int direction, bool toEnd, const QString& name, const QString& keys,
                       const std::function<void()>& act);
  QToolButton* addGenerate(const QString& text, int tokens);
  QWidget* addSeparator();
  void showTrace();
  void showCursor();
  void showState();
  void fit();  // leaves out what there is no room for, the least needed first

  Workbench& m_workbench;
  QHBoxLayout* m_row = nullptr;
  struct Step {
    QToolButton* button;
    int direction;
    bool toEnd;
  };
  std::vector<Step> m_steps;
  std::vector<QToolButton*> m_generate;
  NumberField* m_token = nullptr;
  NumberField* m_layer = nullptr;
  NumberField* m_expert = nullptr;
  QLabel* m_name = nullptr;
  QLabel* m_where = nullptr;
  QComboBox* m_router = nullptr;  // attention experts or the block's, for models with both
  QLabel* m_badge = nullptr;      // "recorded": a run whose model is not here
  QToolButton* m_find = nullptr;
  std::vector<QWidget*> m_generateParts;  // the word, the buttons, the line behind them
};

}  // namespace app
