-- At which version somebody of the staff is.
SELECT version FROM staff_user WHERE id = :id::uuid
