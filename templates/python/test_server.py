"""`knap ci -- python3 -m unittest` starts the Service and sets KNAP_URL."""

import os
import unittest
from urllib.request import urlopen


class ServerTest(unittest.TestCase):
    def test_greets(self):
        with urlopen(os.environ["KNAP_URL"]) as response:
            self.assertEqual(response.status, 200)
            self.assertTrue(response.read().startswith(b"Hello World!"))
