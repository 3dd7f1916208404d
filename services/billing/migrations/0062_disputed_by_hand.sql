-- What a lost dispute took back is paid by its customer's own doing only: a method that is saved or renewed afterwards, or a mandate, is not charged for it.
GRANT UPDATE (autopay) ON installment TO {{app}};
