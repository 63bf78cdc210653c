-- migrate:up
alter table ledger add column refunds uuid;
alter table ledger add constraint uq_ledger_refunds unique (refunds);

-- migrate:down
alter table ledger drop column refunds;
