-- migrate:up
create table usage (
  merchant_uid uuid not null,
  day date not null,
  credits integer not null,
  deductions integer not null,
  constraint pk_usage primary key (merchant_uid, day)
);

-- migrate:down
drop table usage;
