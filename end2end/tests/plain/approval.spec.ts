import { approvals } from '../../support/devices';
import { test } from '../../support/server';

test.use({ expected: /status of (403|422) / });

// Links and forms only: one says oneself that one approved.
approvals(false);
