-- What a write to those tables brings about by itself.

-- Full-text search over work items and tasks. FTS5 finds words, not entities: to change or remove
-- an entity's row it reads the whole index. That is what an update of a task costs in a real project.

CREATE VIRTUAL TABLE search_index USING fts5 (
  entity_type UNINDEXED, entity_id UNINDEXED, title, body, tokenize = 'porter unicode61'
);

CREATE TRIGGER work_items_search_insert AFTER INSERT ON work_items
BEGIN
  INSERT INTO search_index (entity_type, entity_id, title, body) VALUES (
    'work_item', NEW.id, NEW.name,
    coalesce(NEW.description, '') || char(10) || coalesce(NEW.business_context, '')
  );
END;

CREATE TRIGGER work_items_search_update AFTER UPDATE ON work_items
BEGIN
  UPDATE search_index
  SET
    entity_id = NEW.id,
    title = NEW.name,
    body = coalesce(NEW.description, '') || char(10) || coalesce(NEW.business_context, '')
  WHERE entity_type = 'work_item' AND entity_id = OLD.id;
END;

CREATE TRIGGER work_items_search_delete AFTER DELETE ON work_items
BEGIN
  DELETE FROM search_index WHERE entity_type = 'work_item' AND entity_id = OLD.id;
END;

CREATE TRIGGER tasks_search_insert AFTER INSERT ON tasks
BEGIN
  INSERT INTO search_index (entity_type, entity_id, title, body)
  VALUES ('task', NEW.id, NEW.name, coalesce(NEW.description, ''));
END;

CREATE TRIGGER tasks_search_update AFTER UPDATE ON tasks
BEGIN
  UPDATE search_index
  SET entity_id = NEW.id, title = NEW.name, body = coalesce(NEW.description, '')
  WHERE entity_type = 'task' AND entity_id = OLD.id;
END;

CREATE TRIGGER tasks_search_delete AFTER DELETE ON tasks
BEGIN
  DELETE FROM search_index WHERE entity_type = 'task' AND entity_id = OLD.id;
END;

-- A task's life: when it was first begun, when it was first finished, and why it stands still for
-- as long as it does.

CREATE TRIGGER trigger_tasks_started_at AFTER UPDATE OF status ON tasks
WHEN NEW.status = 'active' AND NEW.started_at IS NULL
BEGIN
  UPDATE tasks SET started_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

CREATE TRIGGER trigger_tasks_completed_at AFTER UPDATE OF status ON tasks
WHEN NEW.status = 'done' AND NEW.completed_at IS NULL
BEGIN
  UPDATE tasks SET completed_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

CREATE TRIGGER trigger_tasks_unblocked AFTER UPDATE OF status ON tasks
WHEN OLD.status = 'blocked' AND NEW.status <> 'blocked'
BEGIN
  UPDATE tasks SET blocked_reason = NULL WHERE id = NEW.id;
END;

-- All tasks are in the phase of their work item.

CREATE TRIGGER trigger_sync_task_phase_from_work_item AFTER UPDATE OF phase ON work_items
WHEN NEW.phase IS NOT OLD.phase
BEGIN
  UPDATE tasks SET phase = NEW.phase WHERE work_item_id = NEW.id;
END;

-- Only these two note when they were changed last; the other tables leave it to the writer.

CREATE TRIGGER update_project_timestamp AFTER UPDATE ON projects
BEGIN
  UPDATE projects SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

CREATE TRIGGER agents_updated_at AFTER UPDATE ON agents
BEGIN
  UPDATE agents SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;
