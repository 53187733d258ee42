// Stands in for an optional dependency that a production bundle never uses.
module.exports = {};
