-- The row that a payoff or a prepayment asks for lapses: not paid on its day, orders puts back what it replaced. That follows within moments, so for some days such a row
-- is neither overdue nor does it cost anything to be late with it; one that stands after that is owed as any other.
CREATE TABLE lapsing (
    order_id uuid NOT NULL REFERENCES order_account,
    number   int NOT NULL,
    due_date date NOT NULL,
    PRIMARY KEY (order_id, number)
);
CREATE INDEX lapsing_due ON lapsing (due_date);
REVOKE UPDATE, DELETE, TRUNCATE ON lapsing FROM {{app}};

CREATE FUNCTION is_lapsing(of_order uuid, of_number int, today date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM lapsing l WHERE l.order_id = of_order AND l.number = of_number AND l.due_date BETWEEN today - 3 AND today - 1)
$$;
