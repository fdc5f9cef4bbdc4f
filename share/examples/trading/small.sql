-- A small company with Northwind's tables, to try the example on a machine
-- without that database, and to test it there. The columns are the ones the
-- skills speak of; the rows are few, and named so that the skills' tests hold
-- for both. sqlite3 small.db <small.sql
CREATE TABLE Categories (
  CategoryID INTEGER PRIMARY KEY,
  CategoryName TEXT,
  Description TEXT,
  Picture BLOB
);
CREATE TABLE Suppliers (
  SupplierID INTEGER PRIMARY KEY,
  CompanyName TEXT NOT NULL,
  ContactName TEXT,
  Country TEXT,
  Phone TEXT
);
CREATE TABLE Shippers (
  ShipperID INTEGER PRIMARY KEY,
  CompanyName TEXT NOT NULL,
  Phone TEXT
);
CREATE TABLE Customers (
  CustomerID TEXT PRIMARY KEY,
  CompanyName TEXT,
  ContactName TEXT,
  Address TEXT,
  Country TEXT,
  Phone TEXT
);
CREATE TABLE Employees (
  EmployeeID INTEGER PRIMARY KEY,
  LastName TEXT,
  FirstName TEXT,
  Title TEXT,
  BirthDate DATE,
  HomePhone TEXT,
  Notes TEXT,
  ReportsTo INTEGER REFERENCES Employees (EmployeeID)
);
CREATE TABLE Products (
  ProductID INTEGER PRIMARY KEY,
  ProductName TEXT NOT NULL,
  SupplierID INTEGER REFERENCES Suppliers (SupplierID),
  CategoryID INTEGER REFERENCES Categories (CategoryID),
  QuantityPerUnit TEXT,
  UnitPrice NUMERIC DEFAULT 0 CHECK (UnitPrice >= 0),
  UnitsInStock INTEGER DEFAULT 0 CHECK (UnitsInStock >= 0),
  UnitsOnOrder INTEGER DEFAULT 0 CHECK (UnitsOnOrder >= 0),
  ReorderLevel INTEGER DEFAULT 0,
  Discontinued TEXT NOT NULL DEFAULT '0'
);
CREATE TABLE Orders (
  OrderID INTEGER PRIMARY KEY,
  CustomerID TEXT REFERENCES Customers (CustomerID),
  EmployeeID INTEGER REFERENCES Employees (EmployeeID),
  OrderDate DATETIME,
  RequiredDate DATETIME,
  ShippedDate DATETIME,
  ShipVia INTEGER REFERENCES Shippers (ShipperID),
  Freight NUMERIC DEFAULT 0
);
CREATE TABLE "Order Details" (
  OrderID INTEGER NOT NULL REFERENCES Orders (OrderID),
  ProductID INTEGER NOT NULL REFERENCES Products (ProductID),
  UnitPrice NUMERIC NOT NULL DEFAULT 0,
  Quantity INTEGER NOT NULL DEFAULT 1 CHECK (Quantity > 0),
  Discount REAL NOT NULL DEFAULT 0 CHECK (Discount BETWEEN 0 AND 1),
  PRIMARY KEY (OrderID, ProductID)
);
INSERT INTO Categories (CategoryID, CategoryName, Description) VALUES
  (1, 'Beverages', 'What is drunk'), (2, 'Condiments', 'What is added'),
  (5, 'Grains', 'Bread and pasta'), (6, 'Meat', 'Meat and fowl'), (8, 'Seafood', 'Fish');
INSERT INTO Suppliers VALUES
  (1, 'Exotic Liquids', 'Ada Small', 'UK', '555 0101'),
  (2, 'Southern Spices', 'Ben Small', 'USA', '555 0102'),
  (3, 'Northern Fish', 'Cem Small', 'Germany', '555 0103');
INSERT INTO Shippers VALUES (1, 'Fast Parcels', '555 0201'), (2, 'Slow Freight', '555 0202');
INSERT INTO Customers VALUES
  ('ALFKI', 'Alfreds Futterkiste', 'Mia Small', 'Small Street 1', 'Germany', '555 0301'),
  ('BERGS', 'Berglunds Livs', 'Nils Small', 'Small Street 2', 'Sweden', '555 0302');
INSERT INTO Employees VALUES
  (1, 'Davolio', 'Nancy', 'Sales Representative', '1990-01-01', '555 0401', 'Speaks French', 2),
  (2, 'Fuller', 'Andrew', 'Vice President', '1980-01-01', '555 0402', 'Founder', NULL);
INSERT INTO Products VALUES
  (1, 'Chai', 1, 1, 'a box of 20 bags', 18, 39, 0, 10, '0'),
  (4, 'Chef Anton''s Cajun Seasoning', 2, 2, 'a jar', 22, 53, 0, 0, '0'),
  (17, 'Alice Mutton', 2, 6, 'a tin', 39, 0, 0, 0, '1'),
  (30, 'Nord-Ost Matjeshering', 3, 8, 'a jar', 25.89, 10, 0, 15, '0'),
  (38, 'Côte de Blaye', 1, 1, 'a case of 12 bottles', 263.5, 17, 0, 15, '0'),
  (56, 'Gnocchi di nonna Alice', 2, 5, 'a packet', 38, 21, 10, 30, '0');
INSERT INTO Orders VALUES
  (10248, 'BERGS', 1, '2026-01-05', '2026-02-02', '2026-01-09', 1, 12.5),
  (10249, 'ALFKI', 1, '2026-02-10', '2026-03-10', '2026-03-20', 2, 30),
  (10250, 'ALFKI', 2, '2026-03-01', '2026-03-29', '2026-03-03', 1, 8),
  (11008, 'BERGS', 2, '2026-03-15', '2026-04-12', NULL, 2, 20);
INSERT INTO "Order Details" VALUES
  (10248, 1, 18, 10, 0), (10248, 56, 38, 5, 0.1), (10249, 38, 263.5, 2, 0),
  (10250, 4, 22, 4, 0), (11008, 30, 25.89, 20, 0.15);
