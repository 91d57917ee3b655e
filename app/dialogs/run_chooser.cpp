#include "app/dialogs/run_chooser.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QVBoxLayout>

#include "app/models/session_delegate.h"
#include "app/models/session_model.h"
#include "app/workbench.h"

namespace app {

RunChooser::RunChooser(Workbench& workbench, const QString& title, QWidget* parent)
    : QDialog(parent), m_workbench(workbench) {
  setObjectName("runChooser");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(title);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  m_field = new QLineEdit;
  m_field->setObjectName("runChooserField");
  m_field->setAccessibleName(tr("Search sessions"));
  m_field->setPlaceholderText(tr("Words of a prompt, note, tag or model"));
  m_field->installEventFilter(this);
  m_model = new SessionModel(this);
  m_list = new QListView;
  m_list->setObjectName("runChooserList");
  m_list->setAccessibleName(tr("Sessions"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new SessionDelegate(m_list));
  m_list->setUniformItemSizes(true);
  m_list->setFrameShape(QFrame::NoFrame);
  column->addWidget(m_field);
  column->addWidget(m_list, 1);
  resize(520, 420);
  connect(m_field, &QLineEdit::textChanged, this, &RunChooser::search);
  connect(m_field, &QLineEdit::returnPressed, this, &RunChooser::accept);
  connect(m_list, &QListView::activated, this, &RunChooser::accept);
  connect(m_list, &QListView::clicked, this, &RunChooser::accept);
  search();
}

// The run that is shown is no choice.
void RunChooser::search() {
  core::RunFilter filter;
  filter.text = m_field->text().toStdString();
  m_workbench.askStore("choose", this, [this, filter](core::SessionStore& store) -> Workbench::Answer {
    auto rows = store.list(filter, {});
    if (!rows) return {};
    return [this, rows = std::move(*rows)]() mutable {
      std::erase_if(rows, [&](const core::RunRow& row) { return row.id == m_workbench.runId(); });
      m_model->setRows(rows);
      if (m_model->rowCount() > 0) m_list->setCurrentIndex(m_model->index(0));
    };
  });
}

void RunChooser::accept() {
  const QModelIndex index = m_list->currentIndex();
  if (!index.isValid()) return;
  emit chosen(index.data(SessionModel::IdRole).toLongLong());
  QDialog::accept();
}

bool RunChooser::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    const int by = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
    if (by != 0 && m_model->rowCount() > 0) {
      const int row = std::clamp(m_list->currentIndex().row() + by, 0, m_model->rowCount() - 1);
      m_list->setCurrentIndex(m_model->index(row));
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

}  // namespace app
