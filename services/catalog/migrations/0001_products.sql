-- Products, what is on hand and held of each, the holds, and every movement of stock.
CREATE TABLE product (
    id             uuid PRIMARY KEY,
    sku            text NOT NULL CONSTRAINT product_sku_key UNIQUE,
    name           text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('physical', 'digital', 'service')),
    category       text,
    subcategory    text,
    price          bigint NOT NULL CHECK (price >= 0 AND price < 9007199254740992),
    currency       char(3) NOT NULL,
    supplier_cost  bigint CHECK (supplier_cost >= 0),
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    -- The response, kept by the write path, but for the closing brace: reads append what changes often (available).
    doc            text NOT NULL,
    words          tsvector GENERATED ALWAYS AS (
                       to_tsvector('english', name || ' ' || sku || ' ' || coalesce(category, '') || ' ' || coalesce(subcategory, ''))
                    || to_tsvector('spanish', name || ' ' || coalesce(category, '') || ' ' || coalesce(subcategory, ''))) STORED,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);
-- One index for each order a page is read in.
CREATE INDEX product_by_name ON product (name, id) WHERE status = 'active';
CREATE INDEX product_by_category ON product (category, name, id) WHERE status = 'active';
CREATE INDEX product_by_subcategory ON product (subcategory, name, id) WHERE status = 'active';
CREATE INDEX product_words ON product USING gin (words);

CREATE TABLE category (
    name         text NOT NULL,
    subcategory  text NOT NULL,   -- '' for a category without subcategories
    PRIMARY KEY (name, subcategory)
);

-- Changes with every sale: a narrow row of its own, without indexes on what changes, so that updates stay in the page.
CREATE TABLE stock (
    product_id  uuid PRIMARY KEY REFERENCES product,
    on_hand     bigint NOT NULL CHECK (on_hand >= 0),
    held        bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    counted     bigint NOT NULL,  -- the value imported last: importing it again must not undo sales
    CONSTRAINT stock_not_oversold CHECK (held <= on_hand)
) WITH (fillfactor = 70);

CREATE TABLE reservation (
    id          uuid PRIMARY KEY,
    reference   text NOT NULL CONSTRAINT reservation_reference_key UNIQUE,
    status      text NOT NULL CHECK (status IN ('held', 'extended', 'committed', 'consumed', 'released', 'expired')),
    currency    char(3) NOT NULL,
    total       bigint NOT NULL CHECK (total < 9007199254740992),
    lines       jsonb NOT NULL,   -- with the prices of the moment it was held
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Append-only: the stock of a product is the sum of its movements.
CREATE TABLE stock_movement (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id  uuid NOT NULL REFERENCES product,
    quantity    bigint NOT NULL CHECK (quantity <> 0),
    reason      text NOT NULL CHECK (reason IN ('import', 'sale', 'return', 'adjustment')),
    reference   text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX stock_movement_by_product ON stock_movement (product_id, id);
REVOKE UPDATE, DELETE ON stock_movement FROM {{app}};
