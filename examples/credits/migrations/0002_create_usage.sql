-- migrate:up
alter table merchants add column uid uuid not null default gen_random_uuid();
alter table merchants add constraint uq_merchants_uid unique (uid);

create table usage (
  merchant_uid uuid not null,
  day date not null,
  credits integer not null,
  deductions integer not null,
  constraint pk_usage primary key (merchant_uid, day)
);

create table summarized (
  id uuid not null,
  constraint pk_summarized primary key (id)
);

-- migrate:down
drop table summarized;
drop table usage;
alter table merchants drop column uid;
