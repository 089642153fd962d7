"use strict";

/** Demand that `x-enumDescriptions` describes exactly the values of `enum`. */
module.exports = (schema) => {
  const values = schema.enum.map(String);
  const described = Object.keys(schema["x-enumDescriptions"] ?? {});
  const missing = values.filter((value) => !described.includes(value));
  const surplus = described.filter((value) => !values.includes(value));
  return [
    ...missing.map((value) => ({ message: `The value "${value}" has no description in x-enumDescriptions.` })),
    ...surplus.map((value) => ({ message: `x-enumDescriptions describes "${value}", which is no value.` })),
  ];
};
