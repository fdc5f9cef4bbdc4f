-- The demo company: the reference fixture that results are compared by.
-- Everything is fixed but the days, which count back from today.
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL,
  price REAL NOT NULL CHECK (price >= 0),
  stock_quantity INTEGER NOT NULL CHECK (stock_quantity >= 0),
  clearance_level INTEGER NOT NULL DEFAULT 1 CHECK (clearance_level BETWEEN 1 AND 3)
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id),
  total_amount REAL NOT NULL CHECK (total_amount >= 0),
  status TEXT NOT NULL DEFAULT 'pending',
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX orders_by_user ON orders(user_id);
CREATE TABLE order_items (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price REAL NOT NULL
);
CREATE INDEX order_items_by_order ON order_items(order_id);
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  amount REAL NOT NULL,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  amount REAL NOT NULL,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE waivers (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id),
  granted_by INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO users(id, name, email, role) VALUES
  (1, 'Alice Smith', 'alice@example.com', 'admin'),
  (2, 'Bob Jones', 'bob@example.com', 'employee'),
  (3, 'Charlie Brown', 'charlie@example.com', 'customer'),
  (4, 'Diana Prince', 'diana@example.com', 'customer');
INSERT INTO products(id, name, category, price, stock_quantity, clearance_level) VALUES
  (1, 'Ergonomic Chair', 'Furniture', 299.99, 50, 1),
  (2, 'Standing Desk', 'Furniture', 499.50, 30, 1),
  (3, 'Laptop Stand', 'Accessories', 45.00, 100, 1),
  (4, 'Wireless Mouse', 'Electronics', 29.99, 200, 1),
  (5, 'Mechanical Keyboard', 'Electronics', 120.00, 75, 1),
  (6, 'Quantum Processor v1', 'Hardware', 1250.00, 10, 2),
  (7, 'Mainframe Core Server Cluster', 'Infrastructure', 8999.00, 3, 3);

INSERT INTO orders(id, user_id, total_amount, status, created_at) VALUES
  (1, 3, 299.99, 'completed', datetime('now', '-9 days')),
  (2, 4, 45.00, 'completed', datetime('now', '-8 days')),
  (3, 3, 59.98, 'completed', datetime('now', '-7 days')),
  (4, 4, 499.50, 'completed', datetime('now', '-6 days')),
  (5, 3, 999.00, 'completed', datetime('now', '-5 days')),
  (6, 4, 120.00, 'completed', datetime('now', '-4 days')),
  (7, 3, 135.00, 'completed', datetime('now', '-2 days')),
  (8, 4, 240.00, 'completed', datetime('now', '-1 days')),
  (9, 4, 599.98, 'completed', datetime('now')),
  (10, 3, 89.97, 'completed', datetime('now'));
INSERT INTO order_items(order_id, product_id, quantity, unit_price) VALUES
  (1, 1, 1, 299.99), (2, 3, 1, 45.00), (3, 4, 2, 29.99), (4, 2, 1, 499.50), (5, 2, 2, 499.50),
  (6, 5, 1, 120.00), (7, 3, 3, 45.00), (8, 5, 2, 120.00), (9, 1, 2, 299.99), (10, 4, 3, 29.99);
-- Order 5 was above the limit and has its waiver; order 9 of today has none.
INSERT INTO waivers(order_id, granted_by, created_at)
  SELECT id, 1, created_at FROM orders WHERE id = 5;
INSERT INTO payments(order_id, amount, status, created_at)
  SELECT id, total_amount, 'authorized', created_at FROM orders;
INSERT INTO invoices(order_id, amount, status, created_at)
  SELECT id, total_amount, 'issued', created_at FROM orders;
