#include "app/docks/sessions_dock.h"

#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/models/session_delegate.h"
#include "app/models/session_model.h"
#include "app/workbench.h"

namespace app {

SessionsDock::SessionsDock(Workbench& workbench, QWidget* parent)
    : Dock(tr("Sessions"), "sessionsDock", parent), m_workbench(workbench) {
  m_search = new QLineEdit;
  m_search->setObjectName("sessionSearch");
  m_search->setAccessibleName(tr("Search sessions"));
  m_search->setPlaceholderText(tr("Search prompts, notes, tags and models"));
  m_search->setClearButtonEnabled(true);
  for (auto* clear : m_search->findChildren<QToolButton*>()) clear->setAccessibleName(tr("Clear the search"));
  auto* top = new QVBoxLayout;
  top->setContentsMargins(12, 8, 12, 8);
  top->addWidget(m_search);
  body()->addLayout(top);

  m_model = new SessionModel(this);
  m_list = new QListView;
  m_list->setObjectName("sessionList");
  m_list->setAccessibleName(tr("Sessions"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new SessionDelegate(m_list));
  m_list->setUniformItemSizes(true);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  body()->addWidget(m_list, 1);
  m_empty = new QLabel;
  m_empty->setProperty("role", "secondary");
  m_empty->setWordWrap(true);
  m_empty->setMargin(12);
  m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  body()->addWidget(m_empty, 1);

  connect(m_search, &QLineEdit::textChanged, &workbench, &Workbench::listSessions);
  connect(m_list, &QListView::activated, this, &SessionsDock::openIndex);
  connect(&workbench, &Workbench::sessionsChanged, this, &SessionsDock::showRows);
  connect(&workbench, &Workbench::traceChanged, this, &SessionsDock::showRows);
  m_list->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(m_list, &QListView::customContextMenuRequested, this, &SessionsDock::showMenu);
  showRows();
}

void SessionsDock::showRows() {
  const std::vector<core::RunRow>& rows = m_workbench.sessions();
  m_model->setRows(rows);
  setSubtitle(rows.empty() ? QString() : rows.size() == 1 ? tr("1 run") : tr("%1 runs").arg(rows.size()));
  if (m_workbench.runId()) {
    const QModelIndex current = m_model->indexOf(*m_workbench.runId());
    if (current.isValid() && current != m_list->currentIndex()) m_list->setCurrentIndex(current);
  }
  m_list->setVisible(!rows.empty());
  m_empty->setVisible(rows.empty());
  m_empty->setText(m_search->text().isEmpty() ? tr("No runs yet. Every prompt you run is kept here.")
                                              : tr("No run mentions \u201C%1\u201D.").arg(m_search->text()));
}

void SessionsDock::showMenu(const QPoint& at) {
  const QModelIndex index = m_list->indexAt(at);
  if (!index.isValid()) return;
  const core::RunId id = index.data(SessionModel::IdRole).toLongLong();
  const bool starred = index.data(SessionModel::StarredRole).toBool();
  const QString title = index.data(Qt::DisplayRole).toString();
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Open"), this, [this, id] { m_workbench.openRun(id); });
  menu->addAction(starred ? tr("Remove star") : tr("Star"), this,
                  [this, id, starred] { m_workbench.setStarred(id, !starred); });
  menu->addAction(tr("Rename\u2026"), this, [this, id, title] {
    auto* ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setWindowTitle(tr("Rename"));
    ask->setLabelText(tr("Name of the run"));
    ask->setTextValue(title);
    connect(ask, &QInputDialog::textValueSelected, this,
            [this, id](const QString& name) { m_workbench.renameRun(id, name); });
    ask->open();
  });
  menu->addSeparator();
  menu->addAction(tr("Remove"), this, [this, id] { m_workbench.removeRun(id); });
  menu->popup(m_list->viewport()->mapToGlobal(at));
}

void SessionsDock::openIndex(const QModelIndex& index) {
  if (index.isValid()) m_workbench.openRun(index.data(SessionModel::IdRole).toLongLong());
}

}  // namespace app
