-- migrate:up
create table merchants (
  id varchar(40) not null,
  domain varchar(253) not null,
  balance integer not null,
  uid uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pk_merchants primary key (id),
  constraint uq_merchants_uid unique (uid),
  constraint ck_merchants_balance_not_negative check (balance >= 0)
);
create index ix_merchants_created_at on merchants (created_at);

create table ledger (
  id integer not null generated always as identity,
  merchant_id varchar(40) not null,
  operation_id uuid not null,
  amount integer not null,
  balance_after integer not null,
  reason varchar(200) not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pk_ledger primary key (id),
  constraint uq_ledger_operation_id unique (operation_id),
  constraint fk_ledger_merchant_id_merchants foreign key (merchant_id) references merchants (id)
);
create index ix_ledger_created_at on ledger (created_at);
create index ix_ledger_merchant_id on ledger (merchant_id, id);

-- migrate:down
drop table ledger;
drop table merchants;
