-- What the demo company needs to be one: it buys, stores, ships, makes, keeps
-- books and employs people (omnigate-demo(7)). Comes after demo.sql. The
-- sums agree: every entry of the journal balances, the inventory account is
-- what lies in the bins at standard cost, and what is in the bins of picking
-- and reserve is what is in stock and what is sold and not shipped.
--
-- What the company buys: suppliers, what they ask, and the trail of a
-- purchase from the order over the receipt and the invoice to the payment.
CREATE TABLE suppliers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  payment_days INTEGER NOT NULL CHECK (payment_days >= 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked'))
);
CREATE TABLE supplier_prices (
  id INTEGER PRIMARY KEY,
  supplier_id INTEGER NOT NULL REFERENCES suppliers(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  price REAL NOT NULL CHECK (price > 0),
  lead_days INTEGER NOT NULL CHECK (lead_days >= 0),
  UNIQUE (product_id, supplier_id)
);
CREATE TABLE purchase_orders (
  id INTEGER PRIMARY KEY,
  supplier_id INTEGER NOT NULL REFERENCES suppliers(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price REAL NOT NULL CHECK (unit_price > 0),
  total_amount REAL NOT NULL CHECK (abs(total_amount - quantity * unit_price) < 0.005),
  status TEXT NOT NULL DEFAULT 'ordered'
    CHECK (status IN ('ordered', 'received', 'paid', 'cancelled')),
  ordered_by INTEGER NOT NULL REFERENCES users(id),
  due_on TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE goods_receipts (
  id INTEGER PRIMARY KEY,
  purchase_order_id INTEGER NOT NULL REFERENCES purchase_orders(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  status TEXT NOT NULL DEFAULT 'inspection'
    CHECK (status IN ('inspection', 'accepted', 'blocked', 'cancelled')),
  received_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX goods_receipts_by_order ON goods_receipts(purchase_order_id);
CREATE TABLE quality_inspections (
  id INTEGER PRIMARY KEY,
  goods_receipt_id INTEGER NOT NULL REFERENCES goods_receipts(id),
  defects INTEGER NOT NULL CHECK (defects >= 0),
  result TEXT NOT NULL CHECK (result IN ('passed', 'failed', 'withdrawn')),
  inspected_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE supplier_invoices (
  id INTEGER PRIMARY KEY,
  purchase_order_id INTEGER NOT NULL REFERENCES purchase_orders(id),
  amount REAL NOT NULL CHECK (amount > 0),
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'void')),
  due_on TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE supplier_payments (
  id INTEGER PRIMARY KEY,
  supplier_invoice_id INTEGER NOT NULL REFERENCES supplier_invoices(id),
  amount REAL NOT NULL CHECK (amount > 0),
  status TEXT NOT NULL DEFAULT 'paid' CHECK (status IN ('paid', 'voided')),
  paid_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- Where it lies. What is sold and not shipped is still in its bin, so the
-- bins of picking and reserve hold stock_quantity and the open orders; what
-- waits for its inspection, or failed it, is in no stock_quantity.
CREATE TABLE product_costs (
  product_id INTEGER PRIMARY KEY REFERENCES products(id),
  standard_cost REAL NOT NULL CHECK (standard_cost > 0)
);
CREATE TABLE bins (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  zone TEXT NOT NULL CHECK (zone IN ('picking', 'reserve', 'inspection', 'blocked'))
);
CREATE TABLE bin_stock (
  id INTEGER PRIMARY KEY,
  bin_id INTEGER NOT NULL REFERENCES bins(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity >= 0),
  UNIQUE (product_id, bin_id)
);
CREATE TABLE stock_movements (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id),
  from_bin INTEGER REFERENCES bins(id),
  to_bin INTEGER REFERENCES bins(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  reason TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'done' CHECK (status IN ('done', 'reversed')),
  moved_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE shipments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  status TEXT NOT NULL DEFAULT 'shipped' CHECK (status IN ('shipped', 'cancelled')),
  shipped_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX shipments_once ON shipments(order_id) WHERE status = 'shipped';
CREATE TABLE customer_receipts (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  amount REAL NOT NULL CHECK (amount > 0),
  status TEXT NOT NULL DEFAULT 'collected' CHECK (status IN ('collected', 'voided')),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX customer_receipts_once ON customer_receipts(order_id) WHERE status = 'collected';
CREATE TABLE customer_returns (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  amount REAL NOT NULL CHECK (amount >= 0),
  status TEXT NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'cancelled')),
  accepted_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- The books. An entry begins as a draft, gets its lines, and is posted when
-- they balance; a posted one never changes, it can only be voided as a whole
-- while its period is open.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'revenue', 'expense'))
);
CREATE TABLE cost_centres (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE periods (
  id INTEGER PRIMARY KEY,
  period TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('open', 'closed'))
);
CREATE UNIQUE INDEX periods_one_open ON periods(status) WHERE status = 'open';
CREATE TABLE budgets (
  id INTEGER PRIMARY KEY,
  cost_centre_id INTEGER NOT NULL REFERENCES cost_centres(id),
  period TEXT NOT NULL REFERENCES periods(period),
  amount REAL NOT NULL CHECK (amount >= 0),
  UNIQUE (period, cost_centre_id)
);
CREATE TABLE journal_entries (
  id INTEGER PRIMARY KEY,
  period TEXT NOT NULL REFERENCES periods(period),
  source TEXT NOT NULL,
  reference INTEGER,
  text TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'posted', 'void')),
  entered_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE journal_lines (
  id INTEGER PRIMARY KEY,
  entry_id INTEGER NOT NULL REFERENCES journal_entries(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  cost_centre_id INTEGER REFERENCES cost_centres(id),
  debit REAL NOT NULL DEFAULT 0 CHECK (debit >= 0),
  credit REAL NOT NULL DEFAULT 0 CHECK (credit >= 0),
  CHECK ((debit = 0) <> (credit = 0))
);
CREATE INDEX journal_lines_by_entry ON journal_lines(entry_id);
CREATE TRIGGER journal_begins_as_draft BEFORE INSERT ON journal_entries
WHEN NEW.status <> 'draft' BEGIN
  SELECT RAISE(ABORT, 'an entry begins as a draft');
END;
CREATE TRIGGER journal_balances BEFORE UPDATE ON journal_entries
WHEN OLD.status = 'draft' AND NEW.status = 'posted' BEGIN
  SELECT RAISE(ABORT, 'the entry does not balance')
  WHERE (SELECT count(*) < 2 OR abs(sum(debit) - sum(credit)) >= 0.005
    FROM journal_lines WHERE entry_id = OLD.id);
  SELECT RAISE(ABORT, 'the period is closed')
  WHERE NOT EXISTS (SELECT 1 FROM periods WHERE period = NEW.period AND status = 'open');
END;
CREATE TRIGGER journal_stays BEFORE UPDATE ON journal_entries
WHEN OLD.status <> 'draft' BEGIN
  SELECT RAISE(ABORT, 'a posted entry can only be voided')
  WHERE NEW.status <> 'void' OR NEW.id <> OLD.id OR NEW.period <> OLD.period
    OR NEW.text <> OLD.text OR NEW.source <> OLD.source OR NEW.reference IS NOT OLD.reference;
  SELECT RAISE(ABORT, 'the period is closed')
  WHERE NOT EXISTS (SELECT 1 FROM periods WHERE period = OLD.period AND status = 'open');
END;
CREATE TRIGGER journal_lines_of_drafts BEFORE INSERT ON journal_lines
WHEN (SELECT status FROM journal_entries WHERE id = NEW.entry_id) IS NOT 'draft' BEGIN
  SELECT RAISE(ABORT, 'the entry is posted');
END;
CREATE TRIGGER journal_lines_stay BEFORE UPDATE ON journal_lines BEGIN
  SELECT RAISE(ABORT, 'a line of the journal never changes');
END;
CREATE TABLE fixed_assets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  cost REAL NOT NULL CHECK (cost > 0),
  life_months INTEGER NOT NULL CHECK (life_months > 0),
  months_written_off INTEGER NOT NULL DEFAULT 0,
  cost_centre_id INTEGER NOT NULL REFERENCES cost_centres(id),
  written_off_to TEXT NOT NULL REFERENCES periods(period),
  CHECK (months_written_off BETWEEN 0 AND life_months)
);
CREATE TABLE control_checks (
  id INTEGER PRIMARY KEY,
  findings INTEGER NOT NULL CHECK (findings >= 0),
  checked_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- Who works there, on what, and with which machines.
CREATE TABLE employees (
  id INTEGER PRIMARY KEY,
  user_id INTEGER UNIQUE REFERENCES users(id),
  name TEXT NOT NULL UNIQUE,
  job TEXT NOT NULL,
  cost_centre_id INTEGER NOT NULL REFERENCES cost_centres(id),
  leave_days INTEGER NOT NULL CHECK (leave_days >= 0)
);
CREATE TABLE salaries (
  employee_id INTEGER PRIMARY KEY REFERENCES employees(id),
  monthly_amount REAL NOT NULL CHECK (monthly_amount > 0)
);
CREATE TABLE leave_requests (
  id INTEGER PRIMARY KEY,
  employee_id INTEGER NOT NULL REFERENCES employees(id),
  days INTEGER NOT NULL CHECK (days > 0),
  status TEXT NOT NULL DEFAULT 'requested'
    CHECK (status IN ('requested', 'approved', 'rejected', 'withdrawn')),
  decided_by INTEGER REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE projects (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  cost_centre_id INTEGER NOT NULL REFERENCES cost_centres(id),
  planned_hours REAL NOT NULL CHECK (planned_hours > 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed'))
);
CREATE TABLE time_bookings (
  id INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(id),
  employee_id INTEGER NOT NULL REFERENCES employees(id),
  hours REAL NOT NULL CHECK (hours > 0 AND hours <= 24),
  status TEXT NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'withdrawn')),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE equipment (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  interval_days INTEGER NOT NULL CHECK (interval_days > 0),
  serviced_on TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'stopped'))
);
CREATE TABLE maintenance_orders (
  id INTEGER PRIMARY KEY,
  equipment_id INTEGER NOT NULL REFERENCES equipment(id),
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled')),
  opened_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX maintenance_once ON maintenance_orders(equipment_id) WHERE status = 'open';

-- What it makes, of what, and how much of it is wanted.
CREATE TABLE materials (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  stock_quantity INTEGER NOT NULL CHECK (stock_quantity >= 0),
  unit_cost REAL NOT NULL CHECK (unit_cost > 0)
);
CREATE TABLE bill_of_materials (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id),
  material_id INTEGER NOT NULL REFERENCES materials(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  UNIQUE (product_id, material_id)
);
CREATE TABLE production_orders (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled')),
  ordered_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE demand_plan (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id),
  period TEXT NOT NULL REFERENCES periods(period),
  quantity INTEGER NOT NULL CHECK (quantity >= 0),
  UNIQUE (period, product_id)
);

INSERT INTO suppliers(id, name, email, payment_days, status) VALUES
  (1, 'Nordic Seating', 'sales@nordic-seating.example', 30, 'active'),
  (2, 'Desk Factory', 'orders@desk-factory.example', 14, 'active'),
  (3, 'Gadget Wholesale', 'hello@gadget-wholesale.example', 30, 'active'),
  (4, 'Core Systems', 'trade@core-systems.example', 60, 'active'),
  (5, 'Bargain Imports', 'deals@bargain-imports.example', 0, 'blocked');
INSERT INTO supplier_prices(supplier_id, product_id, price, lead_days) VALUES
  (1, 1, 150.00, 7), (2, 1, 162.00, 3), (5, 1, 120.00, 40), (2, 2, 260.00, 10), (3, 3, 20.00, 5),
  (3, 4, 12.00, 5), (3, 5, 60.00, 5), (4, 5, 66.00, 2), (4, 6, 800.00, 21), (4, 7, 6000.00, 45);
INSERT INTO product_costs(product_id, standard_cost) VALUES
  (1, 150.00), (2, 260.00), (3, 20.00), (4, 12.00), (5, 60.00), (6, 800.00), (7, 6000.00);

-- 1 is paid; 2 waits for its payment; 3 is on its way; of 4 a part came and
-- all was invoiced; 5 waits for its inspection.
INSERT INTO purchase_orders(id, supplier_id, product_id, quantity, unit_price, total_amount, status,
  ordered_by, due_on, created_at) VALUES
  (1, 1, 1, 20, 150.00, 3000.00, 'paid', 2, date('now', '-13 days'), datetime('now', '-20 days')),
  (2, 3, 3, 50, 20.00, 1000.00, 'received', 2, date('now', '-7 days'), datetime('now', '-12 days')),
  (3, 3, 4, 100, 12.00, 1200.00, 'ordered', 2, date('now', '+2 days'), datetime('now', '-3 days')),
  (4, 3, 5, 50, 60.00, 3000.00, 'received', 1, date('now', '-4 days'), datetime('now', '-9 days')),
  (5, 2, 2, 10, 260.00, 2600.00, 'received', 2, date('now', '-1 days'), datetime('now', '-11 days'));
INSERT INTO goods_receipts(id, purchase_order_id, product_id, quantity, status, received_by, created_at) VALUES
  (1, 1, 1, 20, 'accepted', 2, datetime('now', '-13 days')),
  (2, 2, 3, 50, 'accepted', 2, datetime('now', '-7 days')),
  (3, 4, 5, 40, 'accepted', 2, datetime('now', '-4 days')),
  (4, 5, 2, 10, 'inspection', 2, datetime('now', '-1 days'));
INSERT INTO quality_inspections(goods_receipt_id, defects, result, inspected_by, created_at) VALUES
  (1, 0, 'passed', 2, datetime('now', '-13 days')), (2, 1, 'passed', 2, datetime('now', '-7 days')),
  (3, 0, 'passed', 1, datetime('now', '-4 days'));
INSERT INTO supplier_invoices(id, purchase_order_id, amount, status, due_on, created_at) VALUES
  (1, 1, 3000.00, 'paid', date('now', '+17 days'), datetime('now', '-13 days')),
  (2, 2, 1000.00, 'open', date('now', '+23 days'), datetime('now', '-7 days')),
  (3, 4, 3000.00, 'open', date('now', '+26 days'), datetime('now', '-4 days'));
INSERT INTO supplier_payments(supplier_invoice_id, amount, paid_by, created_at) VALUES
  (1, 3000.00, 1, datetime('now', '-10 days'));

INSERT INTO bins(id, name, zone) VALUES (1, 'Pick Shelf', 'picking'), (2, 'Small Parts', 'picking'),
  (3, 'North Rack', 'reserve'), (4, 'South Rack', 'reserve'), (5, 'Inspection', 'inspection'),
  (6, 'Blocked', 'blocked');
INSERT INTO bin_stock(bin_id, product_id, quantity) VALUES
  (1, 1, 22), (3, 1, 30), (1, 2, 10), (3, 2, 20), (5, 2, 10), (2, 3, 40), (4, 3, 60), (2, 4, 103),
  (4, 4, 100), (2, 5, 35), (4, 5, 40), (2, 6, 10), (1, 7, 3);
INSERT INTO stock_movements(product_id, to_bin, quantity, reason, moved_by, created_at)
  SELECT product_id, CASE status WHEN 'inspection' THEN 5 WHEN 'accepted' THEN 3 + (product_id > 2) END,
    quantity, 'receipt ' || id, received_by, created_at FROM goods_receipts;
-- Orders 9 and 10 of today are not shipped, order 8 is not paid for. What is
-- shipped is so on the order's day, whatever the hour the books are made at.
INSERT INTO shipments(order_id, shipped_by, created_at)
  SELECT id, 2, created_at FROM orders WHERE id <= 8;
INSERT INTO customer_receipts(order_id, amount, created_at)
  SELECT id, total_amount, created_at FROM orders WHERE id <= 7;

INSERT INTO accounts(id, name, type) VALUES
  (1000, 'Bank', 'asset'), (1200, 'Receivables', 'asset'), (1300, 'Inventory', 'asset'),
  (1310, 'Raw Materials', 'asset'), (1500, 'Fixed Assets', 'asset'),
  (1510, 'Accumulated Depreciation', 'asset'), (2000, 'Payables', 'liability'),
  (2100, 'Goods Not Invoiced', 'liability'), (3000, 'Share Capital', 'equity'),
  (4000, 'Sales Revenue', 'revenue'), (4100, 'Sales Returns', 'revenue'),
  (5000, 'Cost of Sales', 'expense'), (5100, 'Price Variance', 'expense'), (6000, 'Rent', 'expense'),
  (6100, 'Marketing', 'expense'),
  (6200, 'Travel', 'expense'), (6300, 'Freight', 'expense'), (6400, 'Repairs', 'expense'),
  (6500, 'Depreciation', 'expense'), (6600, 'Office Supplies', 'expense');
INSERT INTO cost_centres(id, name) VALUES
  (1, 'Administration'), (2, 'Sales'), (3, 'Warehouse'), (4, 'Logistics'), (5, 'Production');
INSERT INTO periods(period, status) VALUES
  (strftime('%Y-%m', 'now', 'start of month', '-1 months'), 'closed'),
  (strftime('%Y-%m', 'now'), 'open');
INSERT INTO budgets(cost_centre_id, period, amount)
  SELECT column1, strftime('%Y-%m', 'now'), column2
  FROM (VALUES (1, 2000.00), (2, 2500.00), (3, 4500.00), (4, 1500.00), (5, 3000.00));

-- All of this period: how the books opened, what was shipped and collected,
-- received, invoiced and paid, and what the cost centres spent.
INSERT INTO journal_entries(period, source, reference, text, entered_by, created_at)
  SELECT strftime('%Y-%m', 'now'), source, reference, text, 1, day FROM (
    SELECT 1 AS rank, 'opening' AS source, NULL AS reference, 'Opening balances' AS text,
      datetime('now', '-30 days') AS day
    UNION ALL SELECT 2, 'shipment', order_id, 'Order ' || order_id || ' shipped', created_at FROM shipments
    UNION ALL SELECT 3, 'collection', order_id, 'Order ' || order_id || ' collected', created_at
      FROM customer_receipts
    UNION ALL SELECT 4, 'receipt', id, 'Receipt ' || id, created_at FROM goods_receipts
    UNION ALL SELECT 5, 'supplier invoice', id, 'Supplier invoice ' || id, created_at FROM supplier_invoices
    UNION ALL SELECT 6, 'supplier payment', supplier_invoice_id, 'Supplier invoice '
      || supplier_invoice_id || ' paid', created_at FROM supplier_payments
    UNION ALL SELECT 7, 'expense', column1, column2, datetime('now', '-6 days')
      FROM (VALUES (1, 'Rent'), (2, 'Marketing'), (3, 'Travel'), (4, 'Freight'), (5, 'Repairs')))
  ORDER BY rank, reference;
INSERT INTO journal_lines(entry_id, account_id, debit, credit)
  SELECT 1, column1, column2, column3 FROM (VALUES (1000, 120000.00, 0), (1300, 45350.00, 0),
    (1310, 12800.00, 0), (1500, 72000.00, 0), (1510, 0, 15000.00), (3000, 0, 235150.00));
INSERT INTO journal_lines(entry_id, account_id, debit, credit)
  SELECT e.id, a.column1,
    CASE a.column2 WHEN 'sale' THEN o.total_amount WHEN 'cost' THEN c.cost ELSE 0 END,
    CASE a.column2 WHEN 'sold' THEN o.total_amount WHEN 'used' THEN c.cost ELSE 0 END
  FROM journal_entries e JOIN orders o ON o.id = e.reference
    JOIN (SELECT i.order_id, sum(i.quantity * p.standard_cost) AS cost FROM order_items i
      JOIN product_costs p ON p.product_id = i.product_id GROUP BY i.order_id) c ON c.order_id = o.id
    JOIN (VALUES (1200, 'sale'), (4000, 'sold'), (5000, 'cost'), (1300, 'used')) a
  WHERE e.source = 'shipment' ORDER BY e.id, a.column1;
INSERT INTO journal_lines(entry_id, account_id, debit, credit)
  SELECT e.id, a.column2, v.amount * a.column3, v.amount * (1 - a.column3)
  FROM journal_entries e
    JOIN (VALUES ('collection', 1000, 1), ('collection', 1200, 0), ('receipt', 1300, 1),
      ('receipt', 2100, 0), ('supplier invoice', 2100, 1), ('supplier invoice', 2000, 0),
      ('supplier payment', 2000, 1), ('supplier payment', 1000, 0)) a ON a.column1 = e.source
    JOIN (SELECT 'collection' AS source, order_id AS reference, amount FROM customer_receipts
      UNION ALL SELECT 'receipt', g.id, g.quantity * p.unit_price FROM goods_receipts g
        JOIN purchase_orders p ON p.id = g.purchase_order_id
      UNION ALL SELECT 'supplier invoice', id, amount FROM supplier_invoices
      UNION ALL SELECT 'supplier payment', supplier_invoice_id, amount FROM supplier_payments) v
      ON v.source = e.source AND v.reference = e.reference
  ORDER BY e.id, a.column3 DESC;
INSERT INTO journal_lines(entry_id, account_id, cost_centre_id, debit, credit)
  SELECT e.id, v.column2, v.column3, v.column4, v.column5 FROM journal_entries e
    JOIN (VALUES (1, 6000, 1, 1000.00, 0), (1, 6000, 3, 3000.00, 0), (1, 1000, NULL, 0, 4000.00),
      (2, 6100, 2, 1500.00, 0), (2, 1000, NULL, 0, 1500.00), (3, 6200, 2, 420.00, 0),
      (3, 1000, NULL, 0, 420.00), (4, 6300, 4, 640.00, 0), (4, 1000, NULL, 0, 640.00),
      (5, 6400, 5, 850.00, 0), (5, 1000, NULL, 0, 850.00)) v ON v.column1 = e.reference
  WHERE e.source = 'expense';
UPDATE journal_entries SET status = 'posted';
INSERT INTO fixed_assets(name, cost, life_months, months_written_off, cost_centre_id, written_off_to)
  SELECT column1, column2, column3, column4, column5, (SELECT min(period) FROM periods)
  FROM (VALUES ('Delivery Van', 24000.00, 48, 12, 4), ('Forklift', 18000.00, 60, 20, 3),
    ('Assembly Line', 30000.00, 60, 6, 5));

INSERT INTO employees(id, user_id, name, job, cost_centre_id, leave_days) VALUES
  (1, 1, 'Alice Smith', 'Managing director', 1, 28), (2, 2, 'Bob Jones', 'Order clerk', 2, 25),
  (3, NULL, 'Erik Larsen', 'Warehouse lead', 3, 25), (4, NULL, 'Fatima Noor', 'Dispatcher', 4, 25),
  (5, NULL, 'Grace Lindholm', 'Accountant', 1, 27), (6, NULL, 'Henrik Olsen', 'Fitter', 5, 25);
INSERT INTO salaries(employee_id, monthly_amount) VALUES
  (1, 7200.00), (2, 3400.00), (3, 3900.00), (4, 3300.00), (5, 4600.00), (6, 3700.00);
INSERT INTO leave_requests(employee_id, days, status, decided_by, created_at) VALUES
  (2, 10, 'approved', 1, datetime('now', '-40 days')), (3, 5, 'approved', 1, datetime('now', '-25 days')),
  (5, 3, 'requested', NULL, datetime('now', '-2 days'));
INSERT INTO projects(id, name, cost_centre_id, planned_hours, status) VALUES
  (1, 'Web Shop', 2, 120, 'active'), (2, 'Warehouse Layout', 3, 40, 'active'),
  (3, 'Office Move', 1, 24, 'closed');
INSERT INTO time_bookings(project_id, employee_id, hours, created_at) VALUES
  (1, 2, 7.5, datetime('now', '-5 days')), (1, 5, 4, datetime('now', '-4 days')),
  (2, 3, 8, datetime('now', '-3 days')), (2, 3, 8, datetime('now', '-2 days')),
  (2, 4, 6.5, datetime('now', '-1 days')), (3, 1, 23, datetime('now', '-60 days'));
INSERT INTO equipment(id, name, interval_days, serviced_on, status) VALUES
  (1, 'Forklift', 90, date('now', '-100 days'), 'running'),
  (2, 'Delivery Van', 180, date('now', '-20 days'), 'running'),
  (3, 'Assembly Line', 30, date('now', '-28 days'), 'running');
INSERT INTO maintenance_orders(equipment_id, status, opened_by, created_at) VALUES
  (2, 'done', 2, datetime('now', '-21 days'));
INSERT INTO materials(id, name, stock_quantity, unit_cost) VALUES
  (1, 'Desk Top', 40, 110.00), (2, 'Lifting Frame', 25, 140.00), (3, 'Fastener Set', 60, 10.00),
  (4, 'Chair Seat', 30, 90.00), (5, 'Chair Base', 12, 50.00), (6, 'Castor Set', 100, 10.00);
INSERT INTO bill_of_materials(product_id, material_id, quantity) VALUES
  (1, 4, 1), (1, 5, 1), (1, 6, 1), (2, 1, 1), (2, 2, 1), (2, 3, 1);
INSERT INTO demand_plan(product_id, period, quantity)
  SELECT column1, strftime('%Y-%m', 'now'), column2
  FROM (VALUES (1, 70), (2, 60), (3, 80), (4, 150), (5, 100), (6, 4));
