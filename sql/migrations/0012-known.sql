-- Who is known of a user can be forgotten: device cookies carry the epoch of
-- the user that they were made for, and those of another are strangers'.
ALTER TABLE users
  ADD COLUMN known_epoch INT NOT NULL DEFAULT 0;

-- known says as what: 1 a network, 2 a browser, 3 an operator.  Which of them
-- asked for a code of before is not told: take what fewest can kill.
UPDATE passcodes SET known = 2 WHERE known = 1;
