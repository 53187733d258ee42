// Stands in for ssh2: an engine behind ssh publishes its ports on another machine, so knap cannot use it.
class Client {
  constructor() {
    throw new Error("an engine behind ssh:// is not supported: its published ports would be on the other machine");
  }
}
module.exports = { Client };
